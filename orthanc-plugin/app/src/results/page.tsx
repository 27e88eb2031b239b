// One study: who and what it is, and then the form, the progress, or the result.

import { useEffect, useRef, useState } from 'preact/hooks';
import { type Record, type Resource, knownRecord, record as recordOf } from '../api/measurements';
import { subjectOf } from '../measure/context';
import { MeasureForm } from '../measure/form';
import { ProgressCard } from '../measure/progress';
import { useAsked } from '../shell/asking';
import { Failure, ServerSentence, Waiting } from '../shell/failure';
import { useWords } from '../words';
import { date, personName } from './format';
import { ResultView } from './view';

/** Short enough for a result to stand there within a second of its end. */
const POLL_MS = 300;

type Followed = { state: 'waiting' } | { state: 'failed'; error: unknown } | { state: 'known'; record: Record | null };

function isUnfinished(record: Record | null): boolean {
  return record?.state === 'queued' || record?.state === 'running';
}

/** The record, followed while it changes. */
function useRecord(resource: Resource): [Followed, () => void] {
  const [followed, setFollowed] = useState<Followed>({ state: 'waiting' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const follow = async (ask: typeof recordOf) => {
      let next: Followed;
      try {
        next = { state: 'known', record: await ask(resource, control.signal) };
      } catch (error) {
        next = { state: 'failed', error };
      }
      if (control.signal.aborted) {
        return;
      }
      setFollowed(next);
      if (next.state === 'known' && isUnfinished(next.record)) {
        timer = setTimeout(() => void follow(knownRecord), POLL_MS);
      }
    };
    void follow(round === 0 ? recordOf : knownRecord);
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [round]);
  return [followed, () => setRound((before) => before + 1)];
}

export function ResultPage({ resource }: { resource: Resource }) {
  const [followed, refresh] = useRecord(resource);
  return (
    <div class="result-page">
      <Subject resource={resource} />
      {followed.state === 'waiting' && <Waiting />}
      {followed.state === 'failed' && <Failure error={followed.error} again={refresh} />}
      {followed.state === 'known' && <Content resource={resource} record={followed.record} refresh={refresh} />}
    </div>
  );
}

function Content({ resource, record, refresh }: { resource: Resource; record: Record | null; refresh: () => void }) {
  const { measure } = useWords();
  const [again, setAgain] = useState(false);
  const watched = useRef(false);
  watched.current ||= isUnfinished(record);
  const started = () => {
    setAgain(false);
    refresh();
  };
  if (record && isUnfinished(record)) {
    return <ProgressCard resource={resource} record={record} />;
  }
  if (record?.state === 'done' && record.report) {
    return (
      <>
        {watched.current && <p class="visually-hidden" role="status">{measure.finished}</p>}
        {again && <MeasureForm resource={resource} started={started} again />}
        <ResultView resource={resource} record={record} report={record.report} again={again ? undefined : () => setAgain(true)} />
      </>
    );
  }
  return (
    <>
      {record && <Ended record={record} />}
      <MeasureForm resource={resource} started={started} again={record !== null} />
    </>
  );
}

function Ended({ record }: { record: Record }) {
  const { measure } = useWords();
  return (
    <div class="card failure" role="alert" id="measurement-error">
      <p>{record.state === 'interrupted' ? measure.interrupted : measure.failed}</p>
      {record.state !== 'interrupted' && <ServerSentence text={record.error?.details ?? ''} />}
    </div>
  );
}

function Subject({ resource }: { resource: Resource }) {
  const { studies: words, shell } = useWords();
  const [asked] = useAsked(`${resource.kind}/${resource.id}`, () => subjectOf(resource));
  if (asked.state !== 'known') {
    return <div class="subject"><h1>{asked.state === 'waiting' ? shell.loading : words.study}</h1></div>;
  }
  const { study, series } = asked.value;
  const { MainDicomTags: tags, PatientMainDicomTags: patient } = study;
  const facts: [string, string | undefined][] = [
    [words.id, patient['PatientID']],
    [words.birth, date(patient['PatientBirthDate'])],
    [words.sex, patient['PatientSex']],
    [words.date, date(tags['StudyDate'])],
    [words.description, [tags['StudyDescription'], series?.MainDicomTags['SeriesDescription']].filter(Boolean).join(' – ')],
  ];
  return (
    <div class="subject">
      <h1>{personName(patient['PatientName']) || words.noName}</h1>
      <dl>
        {facts.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
    </div>
  );
}
