// Studies as a table; on a narrow screen, as cards.

import { type Study, seriesOf } from '../api/archive';
import { type State, record } from '../api/measurements';
import { date, personName } from '../results/format';
import { useAsked } from '../shell/asking';
import { linkTo } from '../shell/route';
import { useWords } from '../words';

export function StudyTable({ studies }: { studies: readonly Study[] }) {
  const { studies: words } = useWords();
  return (
    <table class="studies cards-when-narrow">
      <thead>
        <tr>
          <th scope="col">{words.name}</th><th scope="col">{words.id}</th><th scope="col">{words.date}</th>
          <th scope="col">{words.description}</th><th scope="col">{words.modalities}</th><th scope="col">{words.state}</th>
        </tr>
      </thead>
      <tbody>{latestFirst(studies).map((study) => <StudyRow key={study.ID} study={study} />)}</tbody>
    </table>
  );
}

/** Orthanc sorts from 1.12.5 on only. */
function latestFirst(studies: readonly Study[]): Study[] {
  const day = (study: Study) => study.MainDicomTags['StudyDate'] ?? '';
  return [...studies].sort((a, b) => day(b).localeCompare(day(a)));
}

function StudyRow({ study }: { study: Study }) {
  const { studies: words } = useWords();
  const { MainDicomTags: tags, PatientMainDicomTags: patient } = study;
  return (
    <tr data-study={study.ID}>
      <th scope="row"><a href={linkTo({ kind: 'studies', id: study.ID })}>{personName(patient['PatientName']) || words.noName}</a></th>
      <td data-label={words.id}>{patient['PatientID']}</td>
      <td data-label={words.date} class="date">{date(tags['StudyDate']) || words.noDate}</td>
      <td data-label={words.description}>{tags['StudyDescription'] || <span class="hint">{words.noDescription}</span>}</td>
      <td data-label={words.modalities}><Modalities study={study.ID} /></td>
      <td data-label={words.state}><StateOf study={study.ID} /></td>
    </tr>
  );
}

function Modalities({ study }: { study: string }) {
  const [series] = useAsked(study, (signal) => seriesOf(study, signal));
  const all = series.state === 'known' ? series.value.map((one) => one.MainDicomTags['Modality'] ?? '') : [];
  return <>{[...new Set(all)].filter(Boolean).sort().join(' ')}</>;
}

function StateOf({ study }: { study: string }) {
  const [asked] = useAsked(study, (signal) => record({ kind: 'studies', id: study }, signal));
  return asked.state === 'known' ? <StateBadge state={asked.value?.state} /> : <>{asked.state === 'waiting' ? '…' : '–'}</>;
}

export function StateBadge({ state }: { state: State | undefined }) {
  const { studies: words } = useWords();
  return <span class={`badge ${state ?? 'none'}`} data-state={state ?? 'none'}>{state === undefined ? words.notMeasured : words[state]}</span>;
}
