// A measurement on its way.

import { useState } from 'preact/hooks';
import { type Record, type Resource, cancel } from '../api/measurements';
import { Failure, ServerSentence } from '../shell/failure';
import { type Words, useWords } from '../words';

export function ProgressCard({ resource, record }: { resource: Resource; record: Record }) {
  const words = useWords();
  const [stopping, setStopping] = useState(false);
  const [error, setError] = useState<unknown>();
  const share = record.progress ?? 0;
  const stop = () => {
    setStopping(true);
    setError(undefined);
    cancel(resource).catch((failure: unknown) => {
      setStopping(false);
      setError(failure);
    });
  };
  return (
    <section class="card measuring" aria-label={words.measure.progress}>
      {/* Said when the stage changes; a reader that says every percent would say nothing else. */}
      <p id="measure-stage" class="stage" role="status">{stageOf(record, words)}</p>
      <div class="progress-line">
        <progress id="measure-progress" max={1} value={share} aria-label={words.measure.progress} />
        <span class="number" id="measure-percent">{Math.round(100 * share)} %</span>
        <button id="measure-cancel" type="button" disabled={stopping} onClick={stop}>
          {stopping ? words.measure.cancelling : words.measure.cancel}
        </button>
      </div>
      {record.obstacle && <ServerSentence text={record.obstacle.details} />}
      {error !== undefined && <Failure error={error} />}
    </section>
  );
}

function stageOf(record: Record, { measure }: Words): string {
  switch (record.state === 'queued' ? 'queued' : record.stage) {
    case 'queued':
      return measure.queued;
    case 'fetch':
      return measure.fetch;
    case 'read':
      return measure.read;
    case 'segment':
      return measure.segment;
    case 'measure':
      return measure.measure;
    case 'write':
      return measure.write;
    case 'store':
      return measure.store;
    default:
      return measure.stageStart;
  }
}
