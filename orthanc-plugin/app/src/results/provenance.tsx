// Where the values come from: image, patient, calibration, labels, references, software.

import type { Record } from '../api/measurements';
import type { Calibration, Reference, Report, Segmentation, Series } from '../api/report';
import { type Words, useWords } from '../words';
import { moment, plain, unit } from './format';

type Fact = [string, string | null | undefined];

/** Letters of a value that takes a line of its own. */
const LONG = 28;

export function Provenance({ record, report }: { record: Record; report: Report }) {
  const words = useWords();
  const { provenance } = words;
  return (
    <>
      <Facts title={provenance.series} facts={imageFacts(report.series, words)} />
      <Facts title={provenance.patient} facts={patientFacts(report, words)} />
      {!report.series.radiograph && <Facts title={provenance.calibration} facts={calibrationFacts(report.calibration, words)} />}
      <Facts title={provenance.labels} facts={labelFacts(report.segmentation, words)} />
      <References references={report.references} />
      <Facts title={provenance.software} facts={softwareFacts(record, report, words)} />
    </>
  );
}

function Facts({ title, facts }: { title: string; facts: Fact[] }) {
  return (
    <>
      <h3>{title}</h3>
      <dl class="facts">
        {facts.filter(([, value]) => value).map(([name, value]) => (
          <div key={name} class={(value ?? '').length > LONG ? 'wide' : ''}><dt>{name}</dt><dd>{value}</dd></div>
        ))}
      </dl>
    </>
  );
}

const joined = (values: readonly number[] | undefined) => values?.map(plain).join(' × ');
const of = (value: number | null | undefined, suffix: string) => (typeof value === 'number' ? `${plain(value)} ${suffix}` : undefined);

function imageFacts(series: Series, { provenance }: Words): Fact[] {
  const film = series.radiograph;
  return [
    [provenance.seriesDescription, series.description],
    [provenance.shape, joined(series.shape)],
    [provenance.spacing, series.spacing_mm && `${joined(series.spacing_mm)} mm`],
    [provenance.thickness, of(series.slice_thickness_mm, 'mm')],
    [provenance.filmShape, film && joined([film.rows, film.columns])],
    [provenance.view, film?.view_position],
    [provenance.magnification, film?.scale ? of(film.scale.magnification, '') : undefined],
    [provenance.hipSpacing, film?.scale ? `${joined(film.scale.spacing_mm)} mm` : undefined],
    [provenance.tubeVoltage, of(series.tube_voltage_kv ?? film?.tube_voltage_kv, 'kV')],
    [provenance.kernel, series.kernel],
    [provenance.studyUid, series.study_instance_uid],
    [provenance.seriesUid, series.series_instance_uid],
    [provenance.instanceUid, film?.sop_instance_uid],
    [provenance.digest, series.instances_sha256],
  ];
}

function patientFacts({ patient }: Report, { provenance, results }: Words): Fact[] {
  const stated = (value: string | undefined | null) => value ?? provenance.notStated;
  return [
    [provenance.sex, stated(patient.sex)],
    [provenance.age, stated(patient.age_years === null ? null : results.years(patient.age_years))],
    [provenance.height, stated(patient.height_m === null ? null : `${plain(100 * patient.height_m)} cm`)],
    [provenance.weight, stated(of(patient.weight_kg, 'kg'))],
  ];
}

function calibrationFacts(calibration: Calibration, { provenance }: Words): Fact[] {
  const line = calibration.conversion;
  const readings = (calibration.rods ?? []).map((rod) => `${plain(rod.density)}: ${plain(rod.hu)} ± ${plain(rod.sd_hu)} HU`);
  const tissues = (calibration.tissues ?? []).map((one) => `${one.tissue.replaceAll('_', ' ')}: ${plain(one.hu)} ± ${plain(one.sd_hu)} HU`);
  const material = line && unit(line.material === 'hydroxyapatite' ? 'mg{HA}/cm3' : 'mg{K2HPO4}/cm3');
  return [
    [provenance.method, provenance[calibration.method]],
    [provenance.identifier, calibration.id ?? calibration.mapping],
    [provenance.phantomName, calibration.phantom],
    [provenance.serial, calibration.serial],
    [provenance.certificate, calibration.certificate],
    [provenance.confirmedBy, calibration.method === 'none' ? undefined : (calibration.confirmed_by ?? provenance.nobody)],
    [provenance.equation, line && equation(line.slope, line.intercept, line.curvature ?? 0, material ?? '')],
    [provenance.fit, typeof calibration.r_squared === 'number' ? `r² = ${calibration.r_squared}` : undefined],
    [provenance.validity, calibration.date && [calibration.date, calibration.expires].filter(Boolean).join(' – ')],
    [provenance.readings, [...readings, ...tissues].join('; ')],
  ];
}

function equation(slope: number, intercept: number, curvature: number, material: string): string {
  const square = curvature === 0 ? '' : `${curvature} × HU² + `;
  return `${square}${slope} × HU ${intercept < 0 ? '−' : '+'} ${Math.abs(intercept)} ${material}`;
}

function labelFacts(labels: Segmentation, { provenance }: Words): Fact[] {
  const sources = { dicom_seg: provenance.dicomSeg, label_map: provenance.labelMap, model: provenance.model };
  return [
    [provenance.source, sources[labels.source]],
    [provenance.model, labels.name && [labels.name, labels.version].filter(Boolean).join(' ')],
    [provenance.description, labels.description ?? labels.file],
    [provenance.algorithms, labels.algorithms?.join(', ')],
    [provenance.resampled, labels.resampled ? '✓' : undefined],
    [provenance.licence, labels.licence],
    [provenance.engine, labels.engine],
    [provenance.passes, labels.passes === undefined ? undefined : String(labels.passes || provenance.noPasses)],
    [provenance.networkDigest, labels.sha256],
  ];
}

function softwareFacts(record: Record, report: Report, { provenance, language }: Words): Fact[] {
  return [
    [provenance.software, `${report.software.name} ${report.software.version}`],
    [provenance.started, moment(record.started ?? report.started, language)],
    [provenance.finished, record.finished ? moment(record.finished, language) : undefined],
    [provenance.request, JSON.stringify(record.request)],
    [provenance.objects, Object.keys(record.instances).join(', ')],
  ];
}

function References({ references }: { references: Reference[] }) {
  const { provenance, results } = useWords();
  return (
    <>
      <h3>{provenance.references}</h3>
      {references.length === 0 ? <p>{provenance.noReferences}</p> : (
        <ul class="references">
          {references.map((one) => (
            <li key={one.id} lang="en">
              <b>{one.description}</b> {one.mean !== null && one.sd !== null && `${one.mean} ± ${one.sd} g/cm²`}
              {one.cut_offs.length > 0 && ` (${one.cut_offs.join(', ')})`}
              <br />{one.source}; {one.device}; {one.population}
              <br /><span class="hint">{one.verified_by === null ? results.notVerified : results.verifiedBy(one.verified_by)} · <code>{one.id}</code></span>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
