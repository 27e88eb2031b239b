// Other results of the same patient beside this one.

import { useState } from 'preact/hooks';
import { type Study, studiesOfPatient } from '../api/archive';
import { type LeastSignificantChanges, type Record, type Resource, leastSignificantChanges, record as recordOf } from '../api/measurements';
import type { Finding, Measurement, Report } from '../api/report';
import { subjectOf } from '../measure/context';
import { useAsked } from '../shell/asking';
import { useWords } from '../words';
import { type Change, cautions, changes } from './changes';
import { date, decimals, printed, rounded, unit } from './format';
import { type Tab, findingsOf, firstTable, isFollowed, isWholeBody, partsOf, valueAt } from './sections';
import { structureOf } from './names';

interface Props {
  resource: Resource;
  record: Record;
  report: Report;
  tab: Tab;
}

interface Other {
  study: string;
  date: string;
  report: Report;
}

/** Results of the patient's studies before this one, or of unknown date; the latest first. */
async function othersOf(resource: Resource): Promise<{ others: Other[]; limits: LeastSignificantChanges }> {
  const { study: mine } = await subjectOf(resource);
  const day = mine.MainDicomTags['StudyDate'] || undefined;
  const isLater = (one: Study) => day !== undefined && (one.MainDicomTags['StudyDate'] ?? '') > day;
  const studies = (await studiesOfPatient(mine.ParentPatient)).filter((one) => one.ID !== mine.ID && !isLater(one));
  const found = await Promise.all(studies.map(async ({ ID, MainDicomTags: tags }): Promise<Other | undefined> => {
    const other = await recordOf({ kind: 'studies', id: ID }).catch(() => null);
    return other?.report ? { study: ID, date: tags['StudyDate'] ?? '', report: other.report } : undefined;
  }));
  const others = found.filter((one) => one !== undefined).sort((a, b) => b.date.localeCompare(a.date));
  return { others, limits: others.length > 0 ? await leastSignificantChanges().catch(() => ({})) : {} };
}

export function Earlier({ resource, record, report, tab }: Props) {
  const words = useWords();
  const { results } = words;
  const [asked] = useAsked(`${resource.id} ${record.finished}`, () => othersOf(resource));
  const [chosen, setChosen] = useState(0);
  if (asked.state !== 'known') {
    return null;
  }
  const { others, limits } = asked.value;
  const other = others[chosen];
  return (
    <section id="earlier" aria-labelledby="earlier-title">
      <h3 id="earlier-title">{results.earlier}</h3>
      {other === undefined ? <p class="hint">{results.noEarlier}</p> : (
        <>
          <label class="compare-with">
            {results.compareWith}
            <select id="earlier-choice" value={String(chosen)} onChange={(event) => setChosen(event.currentTarget.selectedIndex)}>
              {others.map((one, index) => <option key={one.study} value={String(index)}>{date(one.date) || words.studies.noDate}</option>)}
            </select>
          </label>
          <Comparison report={report} other={other} tab={tab} limits={limits} />
        </>
      )}
    </section>
  );
}

/** The values of the first table, and those of the whole body. */
function valuesOf(report: Report, tab: Tab): [Finding, Measurement][] {
  const findings = findingsOf(report, tab);
  const first = partsOf(findings).map(([part, some]) => firstTable(part, some)).flatMap(({ rows, columns }) =>
    rows.flatMap((row) => columns.flatMap((column): [Finding, Measurement][] => {
      const value = valueAt(row, column);
      return value ? [[row.finding, value]] : [];
    })));
  const body = findings.filter(isWholeBody).flatMap((one) => one.measurements.map((value): [Finding, Measurement] => [one, value]));
  return [...first, ...body];
}

function Comparison({ report, other, tab, limits }: { report: Report; other: Other; tab: Tab; limits: LeastSignificantChanges }) {
  const words = useWords();
  const { results } = words;
  const [all, setAll] = useState(false);
  const common = changes(valuesOf(report, tab), other.report, limits).filter((one) => one.judgement !== 'onlyHere');
  const rows = common.filter((one) => all || isFollowed(one.now) || one.limit !== undefined);
  const doubts = cautions(report, other.report);
  const judged = rows.some((one) => one.limit !== undefined || one.judgement === 'differentMethod');
  if (common.length === 0) {
    return <p class="hint">{results.nothingCommon}</p>;
  }
  return (
    <>
      {doubts.length > 0 && <p class="caution">{results.caution} {doubts.map((one) => results[one]).join(', ')}</p>}
      {!judged && <p class="hint">{results.noLimits}</p>}
      <div class="scroller" tabIndex={0} role="region" aria-label={results.difference}>
        <table class="comparison cards-when-narrow">
          <thead>
            <tr>
              <th scope="col">{results.structure}</th><th scope="col">{results.quantity}</th><th scope="col" class="number">{results.thisStudy}</th>
              <th scope="col" class="number">{date(other.date) || results.that}</th><th scope="col" class="number">{results.difference}</th>
              {judged && <th scope="col">{results.judgement}</th>}
            </tr>
          </thead>
          <tbody>{rows.map((change) => <ChangeRow key={keyOf(change)} change={change} judged={judged} />)}</tbody>
        </table>
      </div>
      {(all || rows.length < common.length) && (
        <label class="check">
          <input id="earlier-all" type="checkbox" checked={all} onChange={(event) => setAll(event.currentTarget.checked)} />
          {results.compareAll}
        </label>
      )}
    </>
  );
}

function keyOf({ finding, now }: Change): string {
  return [finding.structure, finding.side, now.region, now.quantity, now.method].join();
}

function ChangeRow({ change, judged }: { change: Change; judged: boolean }) {
  const words = useWords();
  const { finding, now, then, difference, percent, judgement } = change;
  const region = now.region === 'whole' ? '' : `: ${words.region(now.region)}`;
  return (
    <tr class={judgement} data-judgement={judgement}>
      <th scope="row">{structureOf(finding, words)}{region}</th>
      <td>{words.column(now.quantity)} <small>{unit(now.unit)}</small></td>
      <td class="number" data-label={words.results.thisStudy}>{printed(now.quantity, now.value)}</td>
      <td class="number" data-label={words.results.that}>{then && printed(then.quantity, then.value)}</td>
      <td class="number" data-label={words.results.difference}>
        {difference !== undefined && signed(difference, decimals(now.quantity))}
        {percent !== undefined && <small> ({signed(percent, 1)} %)</small>}
      </td>
      {judged && <td><JudgementOf change={change} /></td>}
    </tr>
  );
}

function JudgementOf({ change: { judgement, limit, now } }: { change: Change }) {
  const { results } = useWords();
  const stated = limit === undefined ? '' : `${limit} ${unit(now.unit)}`.trim();
  switch (judgement) {
    case 'significant':
      return <b>{results.significant(stated)}</b>;
    case 'insignificant':
      return <>{results.insignificant(stated)}</>;
    default:
      return <span class="hint">{results[judgement]}</span>;
  }
}

function signed(value: number, places: number): string {
  const text = rounded(value, places);
  return text.startsWith('-') ? `−${text.slice(1)}` : `+${text}`;
}
