// What the gates say of the series, how sure the labels are, and what landmarks were checked by.

import type { Finding, Report } from '../api/report';
import { useWords } from '../words';
import { plain } from './format';
import { labelName, structureOf } from './names';
import { Sentence } from './reasons';

export function QualityTab({ report }: { report: Report }) {
  return (
    <>
      <Gates report={report} />
      <Certainty findings={report.findings} />
      <Landmarks findings={report.findings} />
    </>
  );
}

function Gates({ report }: { report: Report }) {
  const { provenance: words } = useWords();
  return (
    <>
      <h3>{words.imageQuality}</h3>
      {report.quality.length === 0 ? <p>{words.noGate}</p> : (
        <ul class="gates">
          {report.quality.map((one) => (
            <li key={one.code + one.message} class={one.severity} data-code={one.code}>
              <span class={`badge ${one.severity}`}>{words[one.severity]}</span>
              <Sentence code={one.code} english={one.message} found={one.found} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Certainty({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const { provenance } = words;
  const known = findings.filter((one) => one.uncertainty.predictive_variance !== undefined);
  return (
    <>
      <h3>{provenance.certainty}</h3>
      {known.length === 0 ? <p>{provenance.noCertainty}</p> : (
        <>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.results.structure}</th>
                <th scope="col" class="number">{provenance.predictedDice}</th><th scope="col" class="number">{provenance.variance}</th>
              </tr>
            </thead>
            <tbody>
              {known.map((one) => (
                <tr key={labelName(one)}>
                  <th scope="row">{structureOf(one, words)}</th>
                  <td class="number">{typeof one.uncertainty.predicted_dice === 'number' ? one.uncertainty.predicted_dice.toFixed(2) : '–'}</td>
                  <td class="number">{plain(one.uncertainty.predictive_variance ?? 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="hint">{provenance.diceNote}</p>
        </>
      )}
    </>
  );
}

function Landmarks({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const { provenance } = words;
  const figures = findings.flatMap((finding) => finding.landmarks.flatMap((landmark) =>
    landmark.figures.map((figure) => ({ finding, landmark, figure }))));
  return figures.length === 0 ? null : (
    <>
      <h3>{provenance.landmarks}</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.results.structure}</th><th scope="col">{provenance.landmark}</th><th scope="col">{provenance.figure}</th>
            <th scope="col" class="number">{words.results.value}</th><th scope="col" class="number">{provenance.accepted}</th>
          </tr>
        </thead>
        <tbody>
          {figures.map(({ finding, landmark, figure }) => (
            <tr key={[labelName(finding), landmark.name, figure.name].join()}>
              <th scope="row">{structureOf(finding, words)}</th>
              <td lang="en">{landmark.name.replaceAll('_', ' ')}</td><td lang="en">{figure.name.replaceAll('_', ' ')}</td>
              <td class="number">{plain(figure.value)}</td><td class="number">{figure.accepted}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
