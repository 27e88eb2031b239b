// The values of a part of the body, what was not measured, and what criteria say.

import type { Assessment, Finding, Report } from '../api/report';
import { type Words, useWords } from '../words';
import { Curves } from './curves';
import { measured, unit } from './format';
import { FirstTable } from './first-table';
import { labelName, structureOf } from './names';
import { NotMeasuredList, Sentence } from './reasons';
import { type Tab, findingsOf, isWholeBody, partsOf } from './sections';

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
      {film && report.quality.filter((one) => one.code === 'SIMULATED_ONLY').map((one) => (
        <p key={one.message} class="caution"><Sentence code={one.code} english={one.message} found={one.found} /></p>
      ))}
      {partsOf(findings).map(([part, some]) => <FirstTable key={part} findings={some} part={part} show={show} />)}
      {bodies.some((one) => one.measurements.length > 0) && <BodyComposition findings={bodies} />}
      <Criteria findings={findings} />
      <Curves report={report} findings={findings} />
      <NotMeasuredList findings={findings} />
      <AllValues findings={findings} />
      <Notes findings={findings} film={film} />
    </>
  );
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
    values.some((one) => one.root_mean_square_error !== undefined) && results.spread,
    film ? results.filmNotDxa : results.notDxa,
  ];
  return <div class="notes">{notes.filter((note) => note).map((note) => <p key={note}>{note}</p>)}</div>;
}
