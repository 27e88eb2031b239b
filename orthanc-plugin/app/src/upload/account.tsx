// What became of every file, by outcome, and the studies that were met.

import { study } from '../api/archive';
import { Refusal } from '../api/http';
import { explain } from '../api/wording';
import { date, personName } from '../results/format';
import { useAsked } from '../shell/asking';
import { linkTo } from '../shell/route';
import { type Words, useWords } from '../words';
import type { Note, Outcome, Tally } from './run';

const OUTCOMES: readonly Outcome[] = ['stored', 'duplicate', 'notDicom', 'refused', 'failed'];
/** Names that are put on the page at once; a browser grows slow with more. */
const SHOWN = 2000;

export function Account({ tally }: { tally: Tally }) {
  const { upload } = useWords();
  return (
    <>
      {tally.ended && tally.studies.size > 0 && (
        <div class="uploaded-studies">
          <h3>{upload.studiesHere}</h3>
          <ul>{[...tally.studies].map(([id, count]) => <UploadedStudy key={id} id={id} count={count} />)}</ul>
        </div>
      )}
      <div class="outcomes">
        {OUTCOMES.filter((outcome) => tally.counts[outcome] > 0)
          .map((outcome) => <OutcomeList key={outcome} outcome={outcome} tally={tally} />)}
      </div>
    </>
  );
}

function OutcomeList({ outcome, tally }: { outcome: Outcome; tally: Tally }) {
  const words = useWords();
  const { upload, language } = words;
  const count = tally.counts[outcome];
  const notes = tally.notes[outcome].slice(0, SHOWN);
  return (
    <details class="outcome" data-outcome={outcome} data-count={count}>
      <summary>
        <span>{upload[outcome]}</span> <b>{upload.count(count.toLocaleString(language))}</b>
      </summary>
      {tally.ended && (
        <ul tabIndex={0} aria-label={upload[outcome]}>
          {notes.map((note, index) => <li key={index}><span class="path">{note.path}</span><Why note={note} words={words} /></li>)}
          {count > notes.length && <li>{upload.more((count - notes.length).toLocaleString(language))}</li>}
        </ul>
      )}
    </details>
  );
}

function Why({ note, words }: { note: Note; words: Words }) {
  if (note.phrase) {
    return <span class="hint"> {words.upload[note.phrase]}</span>;
  }
  if (note.status === undefined) {
    return null;
  }
  const { sentence, details } = explain(new Refusal(note.status, note.details ?? ''), words);
  return <span class="hint"> {details ? <span lang="en">{details}</span> : sentence}</span>;
}

function UploadedStudy({ id, count }: { id: string; count: number }) {
  const { upload, studies, language } = useWords();
  const [asked] = useAsked(id, (signal) => study(id, signal));
  const name = asked.state === 'known' ? personName(asked.value.PatientMainDicomTags['PatientName']) || studies.noName : '…';
  const tags = asked.state === 'known' ? asked.value.MainDicomTags : {};
  return (
    <li>
      <a class="button primary" href={linkTo({ kind: 'studies', id })} aria-label={`${upload.open}: ${name}`}>{upload.open}</a>
      <span><b>{name}</b> {date(tags['StudyDate'])} {tags['StudyDescription']}</span>
      <span class="hint">{upload.instances(count.toLocaleString(language))}</span>
    </li>
  );
}
