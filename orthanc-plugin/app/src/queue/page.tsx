// What waits and what is being measured on this Orthanc.

import { useState } from 'preact/hooks';
import { series, study } from '../api/archive';
import { Refusal } from '../api/http';
import { type Resource, type Waiting as Entry, cancel, queue } from '../api/measurements';
import { date, personName } from '../results/format';
import { useAsked } from '../shell/asking';
import { Failure, Waiting } from '../shell/failure';
import { useRepeated } from '../shell/repeating';
import { linkTo } from '../shell/route';
import { StateBadge } from '../studies/table';
import { useWords } from '../words';

const REFRESH_MS = 1000;

function resourceOf(entry: Entry): Resource | undefined {
  const [kind, id] = entry.Resource.split('/');
  return (kind === 'studies' || kind === 'series') && id ? { kind, id } : undefined;
}

export function QueuePage() {
  const { studies: words } = useWords();
  const [entries, setEntries] = useState<Entry[]>();
  const [error, setError] = useState<unknown>();
  useRepeated(REFRESH_MS, async (signal) => {
    try {
      setEntries(await queue(signal));
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  });
  return (
    <section class="card" aria-labelledby="queue-title">
      <h1 id="queue-title">{words.queueTitle}</h1>
      {error !== undefined && <Failure error={error} />}
      {entries === undefined ? error === undefined && <Waiting /> : <QueueTable entries={entries} />}
    </section>
  );
}

function QueueTable({ entries }: { entries: readonly Entry[] }) {
  const { studies: words, measure } = useWords();
  if (entries.length === 0) {
    return <p id="queue-empty" role="status">{words.queueEmpty}</p>;
  }
  return (
    <table class="queue cards-when-narrow">
      <thead>
        <tr>
          <th scope="col">{words.position}</th><th scope="col">{words.study}</th><th scope="col">{words.state}</th>
          <th scope="col">{words.progress}</th><th scope="col"><span class="visually-hidden">{words.cancel}</span></th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const resource = resourceOf(entry);
          return resource && (
            <tr key={entry.Resource} data-resource={entry.Resource}>
              <td data-label={words.position} class="date">{entry.State === 'running' ? words.now : entry.Position}</td>
              <th scope="row"><NameOf resource={resource} /></th>
              <td data-label={words.state}><StateBadge state={entry.State} />{entry.Trigger !== 'user' && <small> {words[entry.Trigger]}</small>}</td>
              <td data-label={words.progress}>
                <progress max={1} value={entry.Progress} aria-label={measure.progress} /> {Math.round(100 * entry.Progress)} %
              </td>
              <td><CancelButton resource={resource} /></td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Names come from the study's own route, which knows who may see them. */
function NameOf({ resource }: { resource: Resource }) {
  const { studies: words } = useWords();
  const [asked] = useAsked(linkTo(resource), async (signal) =>
    study(resource.kind === 'studies' ? resource.id : (await series(resource.id)).ParentStudy, signal));
  if (asked.state === 'failed') {
    const hidden = asked.error instanceof Refusal && [401, 403, 404].includes(asked.error.status);
    return <>{hidden ? words.hidden : '–'}</>;
  }
  if (asked.state === 'waiting') {
    return <>…</>;
  }
  const { PatientMainDicomTags: patient, MainDicomTags: tags } = asked.value;
  return (
    <a href={linkTo(resource)}>
      {personName(patient['PatientName']) || words.noName} {date(tags['StudyDate'])} {tags['StudyDescription']}
    </a>
  );
}

function CancelButton({ resource }: { resource: Resource }) {
  const { studies: words, measure } = useWords();
  const [asked, setAsked] = useState(false);
  const stop = () => {
    setAsked(true);
    cancel(resource).catch(() => setAsked(false));
  };
  return <button type="button" disabled={asked} onClick={stop}>{asked ? measure.cancelling : words.cancel}</button>;
}
