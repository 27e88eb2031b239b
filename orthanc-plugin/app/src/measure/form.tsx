// The form that starts a measurement. Nothing has to be filled in.

import { useState } from 'preact/hooks';
import { type Resource, measure } from '../api/measurements';
import { useAsked } from '../shell/asking';
import { Failure, Waiting } from '../shell/failure';
import { useWords } from '../words';
import { type Context, contextOf } from './context';
import { CalibrationField, FilmFields, LabelFields, LanguageField, PatientFields, WhatField } from './fields';
import { type Wishes, noWishes, requestOf } from './request';

export function MeasureForm({ resource, started, again }: { resource: Resource; started: () => void; again: boolean }) {
  const { measure: words } = useWords();
  const [context, retry] = useAsked(`${resource.kind}/${resource.id}`, () => contextOf(resource));
  return (
    <section class="card measure" aria-labelledby="measure-title">
      <h2 id="measure-title">{again ? words.again : words.title}</h2>
      {context.state === 'waiting' && <Waiting />}
      {context.state === 'failed' && <Failure error={context.error} again={retry} />}
      {context.state === 'known' && <Fields resource={resource} context={context.value} started={started} />}
    </section>
  );
}

function Fields({ resource, context, started }: { resource: Resource; context: Context; started: () => void }) {
  const { language, measure: words } = useWords();
  const [wishes, setWishes] = useState<Wishes>(noWishes(language));
  const [series, setSeries] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const change = (part: Partial<Wishes>) => setWishes({ ...wishes, ...part });
  if (context.cts.length + context.films.length === 0) {
    return <p>{words.unsuitable}</p>;
  }
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    const target: Resource = series ? { kind: 'series', id: series } : resource;
    try {
      await measure(target, requestOf(wishes));
      if (series && resource.kind === 'studies') {
        location.hash = `#/series/${series}`;
      } else {
        started();
      }
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  const fields = { context, wishes, change };
  return (
    <form id="measure-form" onSubmit={(event) => void submit(event)}>
      {context.engineProblem && context.segmentations.length === 0 && <p class="caution">{words.engineMissing}</p>}
      <PatientFields {...fields} />
      <details class="options">
        <summary>{words.options}</summary>
        <div class="fields">
          <WhatField {...fields} />
          {resource.kind === 'studies' && <SeriesField context={context} series={series} choose={setSeries} />}
          {context.cts.length > 0 && <LabelFields {...fields} />}
          {context.cts.length > 0 && <CalibrationField {...fields} />}
          {context.films.length > 0 && <FilmFields {...fields} />}
          <LanguageField {...fields} />
        </div>
      </details>
      {error !== undefined && <Failure error={error} />}
      <button id="measure-start" type="submit" class="primary" disabled={busy}>{words.start}</button>
    </form>
  );
}

/** Which image; measured by itself, its result stands on a page of its own. */
function SeriesField({ context, series, choose }: { context: Context; series: string; choose: (series: string) => void }) {
  const { measure: words } = useWords();
  const all = [...context.cts, ...context.films];
  return all.length < 2 ? null : (
    <label>
      {words.image}
      <select id="measure-series" value={series} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{words.imageAuto}</option>
        {all.map((one) => (
          <option key={one.ID} value={one.ID}>
            {[one.MainDicomTags['Modality'], one.MainDicomTags['SeriesNumber'], one.MainDicomTags['SeriesDescription'], `(${one.Instances.length})`]
              .filter(Boolean).join(' ')}
          </option>
        ))}
      </select>
    </label>
  );
}
