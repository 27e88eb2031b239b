// The left side: the page of the report at once, then the CT with its labels to scroll through.

import { useState } from 'preact/hooks';
import { type Resource, fileUrl } from '../api/measurements';
import type { Report } from '../api/report';
import { useWords } from '../words';
import { Slices } from './slices';
import { type Opened, useScene } from './open';

interface Props {
  resource: Resource;
  report: Report;
  tab: string;
  /** Name of the label that the images shall show. */
  shown: string | undefined;
}

export function Viewer({ resource, report, tab, shown }: Props) {
  const { viewer: words } = useWords();
  const film = report.series.radiograph !== undefined;
  return (
    <section class="viewer" aria-label={words.images}>
      {film ? <PagePicture resource={resource} report={report} /> : <Ct resource={resource} report={report} tab={tab} shown={shown} />}
    </section>
  );
}

function Ct({ resource, report, tab, shown }: Props) {
  const { viewer: words } = useWords();
  const [canvas, setCanvas] = useState<HTMLCanvasElement | null>(null);
  const opened = useScene(canvas, resource, report, tab);
  return (
    <>
      {opened.state !== 'open' && (
        <>
          <Message opened={opened} />
          <PagePicture resource={resource} report={report} />
        </>
      )}
      {opened.state !== 'failed' && (
        <div class={opened.state === 'open' ? 'slices' : 'slices hidden'} {...(isLabelled(opened) ? { 'data-labels': 'shown' } : {})}>
          <Slices opened={opened} setCanvas={setCanvas} tab={tab} shown={shown} />
        </div>
      )}
      {opened.state === 'open' && opened.factor > 1 && <p class="hint">{words.reduced(opened.factor)}</p>}
    </>
  );
}

function isLabelled(opened: Opened): boolean {
  return opened.state === 'open' && opened.centres.size > 0;
}

function Message({ opened }: { opened: Opened }) {
  const { viewer: words } = useWords();
  if (opened.state === 'loading') {
    return (
      <p class="loading-image hint" role="status">
        {words.loading} <progress max={1} value={opened.share} aria-label={words.loading} />
      </p>
    );
  }
  return opened.state === 'failed' ? <p class="hint" id="viewer-message">{words[opened.why]}</p> : null;
}

function PagePicture({ resource, report }: { resource: Resource; report: Report }) {
  const { viewer: words } = useWords();
  return (
    <a class="page-picture" href={fileUrl(resource, 'report.png')} target="_blank" rel="noopener">
      {/* Named by its moment, or the picture of an earlier measurement would stay. */}
      <img src={`${fileUrl(resource, 'report.png')}?${encodeURIComponent(report.started)}`} alt={words.pageOfReport} />
    </a>
  );
}
