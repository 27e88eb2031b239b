// The result as files, and other programs of this Orthanc that can open it.

import { plugins } from '../api/archive';
import { segment, url } from '../api/http';
import { type Record, type Resource, fileUrl } from '../api/measurements';
import type { Report } from '../api/report';
import { knownOr, useAsked } from '../shell/asking';
import { useWords } from '../words';

interface Props {
  resource: Resource;
  record: Record;
  report: Report;
}

export function Downloads({ resource, record, report }: Props) {
  const { results } = useWords();
  const [asked] = useAsked('plugins', () => plugins());
  const dicom = (file: string) => record.instances[file]?.id;
  const [sr, seg] = [dicom('sr.dcm'), dicom('seg.dcm')];
  const instance = (id: string) => url(`instances/${segment(id)}/file`);
  return (
    <div class="downloads" role="group" aria-label={results.downloads}>
      {record.instances['pdf.dcm'] && <a id="download-pdf" href={fileUrl(resource, 'report.pdf')} target="_blank" rel="noopener">{results.pdf}</a>}
      <a id="download-csv" href={fileUrl(resource, 'results.csv')} download="results.csv">{results.csv}</a>
      {sr && <a id="download-sr" href={instance(sr)} download="sr.dcm">{results.sr}</a>}
      {seg && <a id="download-seg" href={instance(seg)} download="seg.dcm">{results.seg}</a>}
      {others(knownOr(asked, []), resource, report).map(([name, address]) => (
        <a key={name} href={address} target="_blank" rel="noopener" title={`${results.openIn} ${name}`}>{name}</a>
      ))}
    </div>
  );
}

/** Addresses as these plugins publish them; those that are not installed are left out. */
function others(installed: readonly string[], resource: Resource, report: Report): [string, string][] {
  const study = report.series.study_instance_uid;
  const uid = study === null ? undefined : segment(study);
  const known: [string, string, string | undefined][] = [
    ['ohif', 'OHIF', uid && `ohif/viewer?StudyInstanceUIDs=${uid}`],
    ['stone-webviewer', 'Stone', uid && `stone-webviewer/index.html?study=${uid}`],
    ['orthanc-explorer-2', 'Orthanc Explorer 2', uid && `ui/app/#/filtered-studies?StudyInstanceUID=${uid}&expand=study`],
  ];
  const found = known.flatMap(([plugin, name, path]): [string, string][] =>
    installed.includes(plugin) && path ? [[name, url(path)]] : []);
  const kind = resource.kind === 'studies' ? 'study' : 'series';
  return [...found, ['Orthanc Explorer', url(`app/explorer.html#${kind}?uuid=${segment(resource.id)}`)]];
}
