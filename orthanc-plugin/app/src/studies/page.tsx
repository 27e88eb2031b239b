// The first page: upload, or choose a study that is stored.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Study } from '../api/archive';
import { Failure, Waiting } from '../shell/failure';
import { UploadPanel } from '../upload/panel';
import { useWords } from '../words';
import { type Search, search } from './search';
import { StudyTable } from './table';

const EVERYTHING: Search = { patient: '', from: '', to: '', unmeasuredOnly: false };

/** What was looked for last, for the way back from a result. */
let lastSearch = EVERYTHING;

export function StudiesPage() {
  const { shell } = useWords();
  const [wanted, setWanted] = useState(lastSearch);
  const [uploads, setUploads] = useState(0);
  const look = (next: Search) => {
    lastSearch = next;
    setWanted({ ...next });
  };
  return (
    <div class="studies-page">
      <h1 class="visually-hidden">{shell.studies}</h1>
      <UploadPanel ended={() => setUploads((before) => before + 1)} />
      <section class="card" aria-labelledby="search-title">
        <SearchForm wanted={wanted} look={look} />
        <Matches wanted={wanted} key={uploads} />
      </section>
    </div>
  );
}

function SearchForm({ wanted, look }: { wanted: Search; look: (wanted: Search) => void }) {
  const { studies } = useWords();
  const [draft, setDraft] = useState(wanted);
  const change = (part: Partial<Search>) => setDraft({ ...draft, ...part });
  const submit = (event: Event) => {
    event.preventDefault();
    look(draft);
  };
  return (
    <form class="search" role="search" onSubmit={submit}>
      <h2 id="search-title">{studies.search}</h2>
      <label class="grow">
        {studies.patient}
        <input id="search-patient" type="search" value={draft.patient} autocomplete="off" spellcheck={false}
          onInput={(event) => change({ patient: event.currentTarget.value })} />
      </label>
      <label>
        {studies.from}
        <input id="search-from" type="date" value={draft.from} onInput={(event) => change({ from: event.currentTarget.value })} />
      </label>
      <label>
        {studies.to}
        <input id="search-to" type="date" value={draft.to} onInput={(event) => change({ to: event.currentTarget.value })} />
      </label>
      <label class="check">
        <input id="search-unmeasured" type="checkbox" checked={draft.unmeasuredOnly}
          onChange={(event) => change({ unmeasuredOnly: event.currentTarget.checked })} />
        {studies.unmeasuredOnly}
      </label>
      <button id="search-start" type="submit" class="primary">{studies.find}</button>
    </form>
  );
}

/** What was found so far. */
interface Shown {
  studies: Study[];
  next: number | undefined;
}

function Matches({ wanted }: { wanted: Search }) {
  const { studies: words, language } = useWords();
  const [shown, setShown] = useState<Shown>();
  const [error, setError] = useState<unknown>();
  const control = useRef<AbortController>(undefined);

  const look = async (before: Shown) => {
    control.current?.abort();
    const mine = new AbortController();
    control.current = mine;
    setError(undefined);
    try {
      const { studies, next } = await search(wanted, before.next ?? 0, mine.signal);
      setShown({ studies: [...before.studies, ...studies], next });
    } catch (failure) {
      if (!mine.signal.aborted) {
        setError(failure);
      }
    }
  };
  useEffect(() => {
    void look({ studies: [], next: 0 });
    return () => control.current?.abort();
  }, [wanted]);

  if (error !== undefined) {
    return <Failure error={error} again={() => void look(shown ?? { studies: [], next: 0 })} />;
  }
  if (shown === undefined) {
    return <Waiting />;
  }
  const everything = JSON.stringify(wanted) === JSON.stringify(EVERYTHING);
  return (
    <>
      <p class="hint" role="status">{words.found(shown.studies.length.toLocaleString(language) + (shown.next === undefined ? '' : '+'))}</p>
      {shown.studies.length === 0 && shown.next === undefined
        ? <p>{everything ? words.emptyArchive : words.none}</p>
        : <StudyTable studies={shown.studies} />}
      {shown.next !== undefined && <button type="button" onClick={() => void look(shown)}>{words.more}</button>}
    </>
  );
}
