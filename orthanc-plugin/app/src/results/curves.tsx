// Reference curves: age on x, the value on y, the patient marked.

import type { Finding, Report } from '../api/report';
import { useWords } from '../words';
import { type Curve, curvesOf } from './curve';
import { printed, unit } from './format';
import { labelName, structureOf } from './names';

const WIDTH = 340;
const HEIGHT = 190;
const LEFT = 44;
const RIGHT = 66;
const TOP = 12;
const BOTTOM = 30;
const AGES = [20, 90] as const;
const AGE_TICKS = [20, 30, 40, 50, 60, 70, 80, 90];

export function Curves({ report, findings }: { report: Report; findings: Finding[] }) {
  const { results } = useWords();
  const curves = curvesOf(report, findings);
  return (
    <>
      <h3>{results.curves}</h3>
      {curves.length === 0 ? <p class="hint">{results.noCurves}</p> : (
        <>
          <div class="curves">
            {curves.map((curve) => <CurveFigure key={[labelName(curve.finding), curve.measurement.region, curve.reference.id].join()} curve={curve} />)}
          </div>
          {curves.some((one) => one.band) && <p class="hint">{results.constantReference}</p>}
        </>
      )}
    </>
  );
}

function CurveFigure({ curve }: { curve: Curve }) {
  const words = useWords();
  const { results } = words;
  const { measurement: one, reference, age, finding } = curve;
  const value = `${printed(one.quantity, one.value)} ${unit(one.unit)}`;
  const place = `${structureOf(finding, words)}: ${words.region(one.region)}`;
  const said = age === null ? results.ageUnknown : results.years(age);
  const scores = curve.scores.map((score) => `${words.column(score.quantity)} ${printed(score.quantity, score.value)}`);
  return (
    <figure class="curve">
      <figcaption>
        <b>{place}</b> {words.column(one.quantity)} {value}{scores.length > 0 && <> · <b>{scores.join(', ')}</b></>}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={results.curveLabel(`${place}, ${words.quantity(one.quantity)}`, [value, ...scores].join(', '), said)}>
        <Plot curve={curve} />
      </svg>
      <p class="hint source">
        {curve.band && reference.mean !== null && reference.sd !== null && <>{results.youngAdults(String(reference.mean), String(reference.sd))} · </>}
        <span lang="en">{reference.population}; {reference.device}; {reference.source}</span>
      </p>
    </figure>
  );
}

function Plot({ curve }: { curve: Curve }) {
  const { results, category } = useWords();
  const { low, high, levels, band, age, measurement } = curve;
  const right = WIDTH - RIGHT;
  const bottom = HEIGHT - BOTTOM;
  const x = (years: number) => LEFT + ((Math.min(Math.max(years, AGES[0]), AGES[1]) - AGES[0]) / (AGES[1] - AGES[0])) * (right - LEFT);
  const y = (value: number) => bottom - ((value - low) / (high - low)) * (bottom - TOP);
  const at = { x: age === null ? (LEFT + right) / 2 : x(age), y: y(measurement.value) };
  return (
    <>
      {band && <rect class="band" x={LEFT} width={right - LEFT} y={y(band[1])} height={y(band[0]) - y(band[1])} />}
      {levels.map((level) => (
        <g key={level.kind + level.value} class={`level ${level.kind}`}>
          <line x1={LEFT} x2={right} y1={y(level.value)} y2={y(level.value)} />
          <text x={right + 4} y={y(level.value) + 3.5}>{level.score === undefined ? String(level.value) : `T ${level.score.toFixed(1)}`}</text>
          {level.score !== undefined && <text class="value" x={LEFT - 4} y={y(level.value) + 3.5}>{level.value.toFixed(2)}</text>}
        </g>
      ))}
      <path class="axis" d={`M${LEFT} ${TOP}V${bottom}H${right}`} />
      {age !== null && AGE_TICKS.map((tick) => <text key={tick} class="tick" x={x(tick)} y={bottom + 12}>{tick}</text>)}
      <text class="tick" x={(LEFT + right) / 2} y={bottom + 25}>{age === null ? results.ageUnknown : results.ageAxis}</text>
      {/* Without an age the value is a line: a point would claim one. */}
      {age === null && <line class="patient" x1={LEFT} x2={right} y1={at.y} y2={at.y} />}
      {age !== null && <path class="guide" d={`M${LEFT} ${at.y}H${at.x}V${bottom}`} />}
      {curve.zones.map((zone) => (
        <text key={zone.category} class="zone" x={LEFT + 6} y={(y(zone.from) + y(zone.to)) / 2 + 3.5}>{category(zone.category)}</text>
      ))}
      {age !== null && <circle class="patient" cx={at.x} cy={at.y} r={5} />}
    </>
  );
}
