// The values of a part of the body, what was not measured, and what criteria say.

import type { Assessment, Finding, Report } from '../api/report';
import { type Words, useWords } from '../words';
import { Curves } from './curves';
import { measured, plain, unit } from './format';
import { type Row, type Tab, findingsOf, firstTable, isWholeBody, reasonAt, valueAt } from './sections';

interface Props {
  report: Report;
  tab: Tab;
  show: (structure: string) => void;
}

export function ValuesTab({ report, tab, show }: Props) {
  const { results } = useWords();
  const findings = findingsOf(report, tab);
  if (findings.length === 0) {
    return <p>{results.nothingHere}</p>;
  }
  const film = tab === 'hipXray';
  const bodies = findings.filter(isWholeBody);
  return (
    <>
      {!film && report.calibration.method === 'none' && <p class="caution">{results.uncalibrated}</p>}
      <FirstTable findings={findings} tab={tab} show={show} />
      {bodies.some((one) => one.measurements.length > 0) && <BodyComposition findings={bodies} />}
      <Criteria findings={findings} />
      <Curves report={report} findings={findings} />
      <NotMeasuredList findings={findings} />
      <AllValues findings={findings} />
      <Notes findings={findings} film={film} />
    </>
  );
}

function FirstTable({ findings, tab, show }: { findings: Finding[]; tab: Tab; show: (structure: string) => void }) {
  const words = useWords();
  const { columns, rows } = firstTable(tab, findings);
  if (columns.length === 0) {
    return null;
  }
  const unitOf = (column: (typeof columns)[number]) => unit(rows.map((row) => valueAt(row, column)).find((one) => one)?.unit ?? '');
  return (
    <div class="scroller" tabIndex={0} role="region" aria-label={words.results.values}>
      <table class="first">
        <thead>
          <tr>
            <th scope="col">{words.results.structure}</th>
            {columns.map((column) => (
              <th scope="col" class="number" key={column.quantity + column.regions.join()}>
                {words.column(column.quantity)}<small>{unitOf(column)}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowName(row, words)} class={row.finding.measurements.length === 0 ? 'withheld-row' : ''}>
              <th scope="row">
                <button type="button" class="link" title={words.viewer.find(structureOf(row.finding, words))}
                  onClick={() => show(labelName(row.finding))}>{rowName(row, words)}</button>
              </th>
              {columns.map((column) => <td class="number" key={column.quantity + column.regions.join()}><Cell row={row} column={column} /></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ row, column }: { row: Row; column: { quantity: string; regions: readonly string[] } }) {
  const words = useWords();
  const value = valueAt(row, column);
  if (value) {
    return <>{measured(value)}</>;
  }
  const reason = reasonAt(row, column);
  return reason ? <span class="withheld" title={words.gate(reason.code) ?? reason.reason}>{words.results.withheld}</span> : <span class="hint">–</span>;
}

/** As the table of labels calls it. */
export function labelName({ structure, side }: Finding): string {
  return side === 'none' ? structure : `${structure}_${side}`;
}

export function structureOf(finding: Finding, words: Words): string {
  return words.structure(finding.structure, finding.side);
}

function rowName({ finding, region }: Row, words: Words): string {
  const structure = structureOf(finding, words);
  return region === undefined || region === 'whole' ? structure : `${structure}: ${words.region(region)}`;
}

function BodyComposition({ findings }: { findings: Finding[] }) {
  const words = useWords();
  return (
    <>
      <h3>{words.results.bodyComposition}</h3>
      <dl class="facts">
        {findings.flatMap((finding) => finding.measurements.map((one) => (
          <div key={finding.structure + one.region + one.quantity + one.method}>
            <dt>{words.quantity(one.quantity)}</dt>
            <dd class="number">{measured(one)} <small>{unit(one.unit)}</small></dd>
          </div>
        )))}
      </dl>
    </>
  );
}

function Criteria({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const said = findings.flatMap((finding) => finding.assessments.map((assessment) => ({ finding, assessment })));
  return said.length === 0 ? null : (
    <>
      <h3>{words.results.criteria}</h3>
      <ul class="criteria">
        {said.map(({ finding, assessment }) => (
          <li key={labelName(finding) + assessment.region + assessment.criterion + assessment.reference}>
            <b>{structureOf(finding, words)}{assessment.region === 'whole' ? '' : `: ${words.region(assessment.region)}`}</b>
            {' – '}{words.criterion(assessment.criterion)}: {words.category(assessment.category)}
            <span class="hint"> {sentenceOf(assessment, words)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

const BONE_CRITERIA = ['who', 'jsbmr', 'spine_qct', 'spine_qct_east_asian'];

/** The report's sentence in English; in Japanese its limits, as on the PDF. */
function sentenceOf(assessment: Assessment, { language, results }: Words): string {
  if (language === 'en') {
    return assessment.sentence;
  }
  if (BONE_CRITERIA.includes(assessment.criterion)) {
    return results.limitBone;
  }
  return assessment.criterion === 'genant' ? results.limitHeight : results.limitMuscle;
}

interface Reason {
  code: string;
  reason: string;
  found: number | null;
  /** Where, and which quantities and criteria. */
  about: Map<string, { quantities: Set<string>; criteria: Set<string> }>;
}

/** One entry for each sentence: most of them speak of several regions. */
function reasonsOf(findings: Finding[], words: Words): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const finding of findings) {
    for (const one of finding.not_measured) {
      const key = `${one.code} ${one.reason}`;
      const reason = reasons.get(key) ?? { code: one.code, reason: one.reason, found: one.found, about: new Map() };
      const place = rowName({ finding, region: one.region }, words);
      const about = reason.about.get(place) ?? { quantities: new Set(), criteria: new Set() };
      one.quantities.forEach((quantity) => about.quantities.add(words.column(quantity)));
      one.criteria.forEach((criterion) => about.criteria.add(words.criterion(criterion)));
      reason.about.set(place, about);
      reasons.set(key, reason);
    }
  }
  return [...reasons.values()];
}

function NotMeasuredList({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const reasons = reasonsOf(findings, words);
  return reasons.length === 0 ? null : (
    <>
      <h3>{words.results.notMeasured}</h3>
      <ul class="reasons" id="not-measured">
        {reasons.map((reason) => (
          <li key={reason.code + reason.reason} data-code={reason.code}>
            <Sentence code={reason.code} english={reason.reason} found={reason.found} />
            <ul>
              {[...reason.about].map(([place, { quantities, criteria }]) => (
                <li key={place}>
                  <b>{place}</b> {[...quantities].join(', ')}
                  {criteria.size > 0 && <span class="hint"> {words.results.criteriaNotApplied([...criteria].join(', '))}</span>}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a gate says: the report's sentence, and before it ours where the reader's language is another. */
export function Sentence({ code, english, found }: { code: string; english: string; found: number | null }) {
  const words = useWords();
  const translated = words.gate(code);
  if (translated === undefined) {
    return <p class="sentence"><span lang="en">{english}</span> <code>{code}</code></p>;
  }
  return (
    <p class="sentence">
      {translated}{found !== null && ` (${words.results.figure(plain(found))})`} <code>{code}</code>
      <details class="original"><summary>{words.results.englishOriginal}</summary><span lang="en">{english}</span></details>
    </p>
  );
}

function AllValues({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const { results } = words;
  return (
    <details class="all-values" id="all-values">
      <summary>{results.allValues}</summary>
      <div class="scroller" tabIndex={0} role="region" aria-label={results.allValues}>
        <table>
          <thead>
            <tr>
              <th scope="col">{results.structure}</th><th scope="col">{results.region}</th><th scope="col">{results.quantity}</th>
              <th scope="col" class="number">{results.value}</th><th scope="col">{results.unit}</th><th scope="col">{results.recipe}</th>
            </tr>
          </thead>
          <tbody>
            {findings.flatMap((finding) => finding.measurements.map((one) => (
              <tr
                key={[labelName(finding), one.region, one.quantity, one.method, one.reference].join()}
                data-structure={finding.structure} data-side={finding.side} data-region={one.region} data-quantity={one.quantity}
                data-method={one.method} data-unit={one.unit} data-value={one.value}
              >
                <th scope="row">{structureOf(finding, words)}</th><td>{words.region(one.region)}</td><td>{words.quantity(one.quantity)}</td>
                <td class="number">{measured(one)}</td><td>{unit(one.unit)}</td><td><code>{one.method}</code></td>
              </tr>
            )))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Notes({ findings, film }: { findings: Finding[]; film: boolean }) {
  const { results } = useWords();
  const values = findings.flatMap((one) => one.measurements);
  const notes = [
    values.some((one) => one.quantity === 'areal_density') && (film ? results.filmAreal : results.areal),
    values.some((one) => one.standard_deviation !== undefined) && results.spread,
    film ? results.filmNotDxa : results.notDxa,
  ];
  return <div class="notes">{notes.filter((note) => note).map((note) => <p key={note}>{note}</p>)}</div>;
}
