// What the form offers: what the study holds and what the server can do.

import { type SeriesOfStudy, type Tags, series, seriesOf, study, tagsOf } from '../api/archive';
import { type Model, type Resource, type StoredCalibration, calibrations, models } from '../api/measurements';

export interface Context {
  study: string;
  /** CT series of three slices and more, of the study or the one that is asked for. */
  cts: SeriesOfStudy[];
  films: SeriesOfStudy[];
  segmentations: SeriesOfStudy[];
  models: Model[];
  /** Why no model can run. */
  engineProblem: string | null;
  calibrations: StoredCalibration[];
  /** Tags of an image that would be measured. */
  tags: Tags;
}

const LEAST_SLICES = 3;

export async function contextOf(resource: Resource): Promise<Context> {
  const id = resource.kind === 'studies' ? resource.id : (await series(resource.id)).ParentStudy;
  const [all, offered, stored] = await Promise.all([
    seriesOf(id),
    // Both may be kept from users: the plugin's own routes are the administrator's to give.
    models().catch(() => ({ engine: { name: null, problem: null }, models: [] })),
    calibrations().catch(() => []),
  ]);
  const mine = resource.kind === 'studies' ? all : all.filter((one) => one.ID === resource.id);
  const of = (...modalities: string[]) => (one: SeriesOfStudy) => modalities.includes(one.MainDicomTags['Modality'] ?? '');
  const cts = mine.filter(of('CT')).filter((one) => one.Instances.length >= LEAST_SLICES || one.Instances.length === 1);
  const films = mine.filter(of('CR', 'DX'));
  const first = cts[0] ?? films[0];
  return {
    study: id, cts, films,
    segmentations: all.filter(of('SEG')),
    models: offered.models.filter((one) => !one.problem),
    engineProblem: offered.engine.problem,
    calibrations: stored,
    tags: first ? await tagsOf(first).catch(() => ({})) : {},
  };
}

/** Patient and study of a resource. */
export async function subjectOf(resource: Resource) {
  const one = resource.kind === 'series' ? await series(resource.id) : undefined;
  return { study: await study(one?.ParentStudy ?? resource.id), series: one };
}
