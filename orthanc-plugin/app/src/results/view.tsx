// A result: images on the left, tabs with values on the right.

import { useRef, useState } from 'preact/hooks';
import type { Record, Resource } from '../api/measurements';
import type { Report } from '../api/report';
import { Viewer } from '../viewer/viewer';
import { type Words, useWords } from '../words';
import { Downloads } from './downloads';
import { Earlier } from './earlier';
import { moment } from './format';
import { labelName } from './names';
import { Provenance } from './provenance';
import { QualityTab } from './quality';
import { type Tab, findingsOf, isWholeBody, tabsOf } from './sections';
import { ValuesTab } from './values';

interface Props {
  resource: Resource;
  record: Record;
  report: Report;
  /** Opens the form for another measurement; none while it is open. */
  again: (() => void) | undefined;
}

export function ResultView({ resource, record, report, again }: Props) {
  const words = useWords();
  const tabs = tabsOf(report);
  const [tab, setTab] = useState<Tab>(() => firstFilled(report, tabs));
  /** The label that the images shall show. */
  const [shown, setShown] = useState(() => firstLabel(report, tab));
  const choose = (next: Tab) => {
    setTab(next);
    setShown((before) => firstLabel(report, next) ?? before);
  };
  return (
    <div class="result" id="result">
      <ResultBar resource={resource} record={record} report={report} again={again} />
      <Viewer resource={resource} report={report} tab={tab} shown={shown} />
      <div class="values-side">
        <TabList tabs={tabs} tab={tab} choose={choose} />
        <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0} class="card" data-tab={tab}>
          <h2 class="tab-title">{tabName(tab, words)}</h2>
          <Panel resource={resource} record={record} report={report} tab={tab} show={setShown} />
        </div>
      </div>
    </div>
  );
}

function firstFilled(report: Report, tabs: readonly Tab[]): Tab {
  const values = (tab: Tab) => findingsOf(report, tab).reduce((sum, one) => sum + one.measurements.length, 0);
  return tabs.find((tab) => values(tab) > 0 && tab !== 'quality' && tab !== 'provenance') ?? tabs[0] ?? 'quality';
}

/** The middle of what a tab is about, where it has one. */
function firstLabel(report: Report, tab: Tab): string | undefined {
  const labels = findingsOf(report, tab).filter((one) => !isWholeBody(one)).map(labelName);
  return labels.includes('l3') ? 'l3' : labels[0];
}

function Panel({ resource, record, report, tab, show }: Omit<Props, 'again'> & { tab: Tab; show: (structure: string) => void }) {
  if (tab === 'quality') {
    return <QualityTab report={report} />;
  }
  if (tab === 'provenance') {
    return <Provenance record={record} report={report} />;
  }
  return (
    <>
      <ValuesTab report={report} tab={tab} show={show} />
      <Earlier resource={resource} record={record} report={report} tab={tab} />
    </>
  );
}

export function tabName(tab: Tab, { results }: Words): string {
  return results[tab];
}

function TabList({ tabs, tab, choose }: { tabs: readonly Tab[]; tab: Tab; choose: (tab: Tab) => void }) {
  const words = useWords();
  const list = useRef<HTMLDivElement>(null);
  const STEPS: { [key: string]: (at: number) => number } = {
    ArrowRight: (at) => (at + 1) % tabs.length,
    ArrowLeft: (at) => (at + tabs.length - 1) % tabs.length,
    Home: () => 0,
    End: () => tabs.length - 1,
  };
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    const next = step && tabs[step(tabs.indexOf(tab))];
    if (next) {
      event.preventDefault();
      choose(next);
      list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
    }
  };
  return (
    <div role="tablist" class="tabs" aria-label={words.results.results} ref={list} onKeyDown={move}>
      {tabs.map((one) => (
        <button
          key={one} type="button" role="tab" id={`tab-${one}`} aria-controls="tab-panel" aria-selected={one === tab}
          tabIndex={one === tab ? 0 : -1} onClick={() => choose(one)}
        >
          {tabName(one, words)}
        </button>
      ))}
    </div>
  );
}

function ResultBar({ resource, record, report, again }: Props) {
  const { results, measure, language } = useWords();
  return (
    <div class="result-bar">
      <p class="hint">
        {results.measuredAt(moment(record.finished ?? report.started, language))} · {report.software.name} {report.software.version}
      </p>
      <Downloads resource={resource} record={record} report={report} />
      <div class="actions">
        <button type="button" onClick={() => print()}>{results.print}</button>
        {again && <button id="measure-again" type="button" onClick={again}>{measure.again}</button>}
      </div>
    </div>
  );
}
