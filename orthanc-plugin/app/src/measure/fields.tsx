// The fields of the form.

import type { Tags } from '../api/archive';
import { plain } from '../results/format';
import { useWords } from '../words';
import type { Context } from './context';
import { MEASUREMENTS, type MeasurementName, type Wishes } from './request';

interface Props {
  context: Context;
  wishes: Wishes;
  change: (part: Partial<Wishes>) => void;
}

export function WhatField({ context, wishes, change }: Props) {
  const { measure: words } = useWords();
  const names: Record<MeasurementName, string> = {
    'lumbar-bmd': words.lumbar, 'femur-bmd': words.femur, muscle: words.muscle, 'hip-xray': words.hipXray,
  };
  const possible = MEASUREMENTS.filter((one) => (one === 'hip-xray' ? context.films : context.cts).length > 0);
  const toggle = (one: MeasurementName, on: boolean) => {
    const others = wishes.measurements.filter((other) => other !== one);
    // A radiograph and a CT are measured apart: the plugin refuses both in one request.
    const kept = one === 'hip-xray' ? [] : others.filter((other) => other !== 'hip-xray');
    change({ measurements: on ? [...kept, one] : others });
  };
  return (
    <fieldset>
      <legend>{words.what}</legend>
      <label class="check">
        <input type="checkbox" checked={wishes.measurements.length === 0} onChange={() => change({ measurements: [] })} />
        {words.everything}
      </label>
      {possible.map((one) => (
        <label class="check" key={one}>
          <input type="checkbox" name={one} checked={wishes.measurements.includes(one)}
            onChange={(event) => toggle(one, event.currentTarget.checked)} />
          {names[one]}
        </label>
      ))}
    </fieldset>
  );
}

export function LabelFields({ context, wishes, change }: Props) {
  const { measure: words } = useWords();
  const models = context.models.filter((one) => one.kind !== 'hip-xray');
  const described = (tags: Tags) => [tags['SeriesNumber'], tags['SeriesDescription']].filter(Boolean).join(' ') || 'SEG';
  return (
    <>
      <label>
        {words.labels}
        <select id="measure-labels" value={wishes.labels} onChange={(event) => change({ labels: event.currentTarget.value })}>
          <option value="">{words.labelsAuto}</option>
          {context.segmentations.map((one) => (
            <option key={one.ID} value={`series:${one.ID}`}>{words.labelsSegmentation(described(one.MainDicomTags))}</option>
          ))}
          {models.map((one) => (
            <option key={one.name} value={`model:${one.name}`}>{words.labelsModel([one.name, one.version].filter(Boolean).join(' '))}</option>
          ))}
        </select>
      </label>
      {!wishes.labels.startsWith('series:') && (
        <label>
          {words.passes}
          <input id="measure-passes" type="number" min="0" max="100" step="1" value={wishes.passes} aria-describedby="passes-hint"
            onInput={(event) => change({ passes: event.currentTarget.value })} />
          <span class="hint" id="passes-hint">{words.passesHint}</span>
        </label>
      )}
    </>
  );
}

export function CalibrationField({ context, wishes, change }: Props) {
  const { measure: words } = useWords();
  const methods: [string, string][] = [
    ['', words.calibrationAuto], ['none', words.calibrationNone], ['phantom', words.calibrationPhantom],
    ...context.calibrations.map(({ id, expires }): [string, string] => [`stored:${id}`, words.calibrationStored(id, expires)]),
    ['internal', words.calibrationInternal], ['physics', words.calibrationPhysics],
  ];
  return (
    <label>
      {words.calibration}
      <select id="measure-calibration" value={wishes.calibration} onChange={(event) => change({ calibration: event.currentTarget.value })}>
        {methods.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>
    </label>
  );
}

export function FilmFields({ context, wishes, change }: Props) {
  const { measure: words } = useWords();
  const models = context.models.filter((one) => one.kind === 'hip-xray');
  return (
    <>
      <label>
        {words.side}
        <select id="measure-side" value={wishes.side} onChange={(event) => change({ side: event.currentTarget.value })}>
          <option value="">{words.sideHeader}</option>
          <option value="left">{words.left}</option>
          <option value="right">{words.right}</option>
          <option value="both">{words.bothHips}</option>
        </select>
      </label>
      <label>
        {words.magnification}
        <input id="measure-magnification" type="number" min="1" max="1.5" step="any" value={wishes.magnification}
          aria-describedby="magnification-hint" onInput={(event) => change({ magnification: event.currentTarget.value })} />
        <span class="hint" id="magnification-hint">{words.magnificationHint}</span>
      </label>
      {models.length > 0 && (
        <label>
          {words.filmModel}
          <select id="measure-film-model" value={wishes.filmModel} onChange={(event) => change({ filmModel: event.currentTarget.value })}>
            <option value="">{words.asLibrary}</option>
            {models.map((one) => <option key={one.name} value={one.name}>{one.name}</option>)}
          </select>
        </label>
      )}
    </>
  );
}

/** Height and weight, asked for where the images do not state them; what is typed takes precedence. */
export function PatientFields({ context, wishes, change }: Props) {
  const { measure: words } = useWords();
  const height = Number(context.tags['PatientSize']);
  const weight = Number(context.tags['PatientWeight']);
  const hint = (stated: string | undefined) => (stated ? words.stated(stated) : words.missing);
  return (
    <div class="fields patient-fields">
      <label>
        {words.height}
        <input id="measure-height" type="number" min="30" max="280" step="any" value={wishes.heightCentimeters}
          aria-describedby="height-hint" onInput={(event) => change({ heightCentimeters: event.currentTarget.value })} />
        <span class="hint" id="height-hint">{hint(height > 0 ? `${plain(100 * height)} cm` : undefined)}</span>
      </label>
      <label>
        {words.weight}
        <input id="measure-weight" type="number" min="1" max="650" step="any" value={wishes.weightKilograms}
          aria-describedby="weight-hint" onInput={(event) => change({ weightKilograms: event.currentTarget.value })} />
        <span class="hint" id="weight-hint">{hint(weight > 0 ? `${plain(weight)} kg` : undefined)}</span>
      </label>
    </div>
  );
}

export function LanguageField({ wishes, change }: Props) {
  const { measure: words } = useWords();
  return (
    <label>
      {words.pageLanguage}
      <select id="measure-language" value={wishes.language} onChange={(event) => change({ language: event.currentTarget.value })}>
        <option value="en">{words.english}</option>
        <option value="ja">{words.japanese}</option>
      </select>
    </label>
  );
}
