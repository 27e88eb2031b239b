// Orthanc's own routes for studies and series.

import { get, post, segment } from './http';

export interface Tags {
  [name: string]: string | undefined;
}

export interface Study {
  ID: string;
  ParentPatient: string;
  Series: string[];
  MainDicomTags: Tags;
  PatientMainDicomTags: Tags;
}

export interface SeriesOfStudy {
  ID: string;
  ParentStudy: string;
  Instances: string[];
  MainDicomTags: Tags;
}

/** What a user looks for. */
export interface Wanted {
  /** Part of a name, or an identifier. */
  patient: string;
  /** ISO dates, or empty. */
  from: string;
  to: string;
}

/** Modalities that can be measured. */
export const MEASURABLE = ['CT', 'CR', 'DX'];

const WILDCARDS = /[*?\\]/g;

/** The body of `/tools/find` for one way to understand the words. */
function query(wanted: Wanted, by: 'PatientName' | 'PatientID', since: number, limit: number): unknown {
  const digits = (date: string) => date.replaceAll('-', '');
  const words = wanted.patient.replace(WILDCARDS, ' ').trim();
  const dates = wanted.from || wanted.to ? { StudyDate: `${digits(wanted.from)}-${digits(wanted.to)}` } : {};
  return {
    Level: 'Study',
    Expand: true,
    CaseSensitive: false,
    Since: since,
    Limit: limit,
    // Understood from Orthanc 1.12.5 on, passed over before.
    OrderBy: [{ Type: 'DicomTag', Key: 'StudyDate', Direction: 'DESC' }],
    Query: { ...dates, ModalitiesInStudy: MEASURABLE.join('\\'), ...(words ? { [by]: `*${words.replace(/\s+/g, '*')}*` } : {}) },
  };
}

/** Studies with images that can be measured; with words, those by name and those by identifier. */
export async function findStudies(wanted: Wanted, since: number, limit: number, signal?: AbortSignal): Promise<Study[]> {
  const ask = (by: 'PatientName' | 'PatientID') => post<Study[]>('tools/find', query(wanted, by, since, limit), signal);
  if (!wanted.patient.trim()) {
    return ask('PatientName');
  }
  const found = await Promise.all([ask('PatientName'), ask('PatientID')]);
  return [...new Map(found.flat().map((study) => [study.ID, study])).values()];
}

export function study(id: string, signal?: AbortSignal): Promise<Study> {
  return get(`studies/${segment(id)}`, signal);
}

export function seriesOf(study: string, signal?: AbortSignal): Promise<SeriesOfStudy[]> {
  return get(`studies/${segment(study)}/series`, signal);
}

export function series(id: string): Promise<SeriesOfStudy> {
  return get(`series/${segment(id)}`);
}

export function studiesOfPatient(patient: string): Promise<Study[]> {
  return get(`patients/${segment(patient)}/studies`);
}

/** Tags of one image of a series, where patient's size and weight stand. */
export async function tagsOf(one: SeriesOfStudy): Promise<Tags> {
  const instance = one.Instances[0];
  return instance === undefined ? {} : get<Tags>(`instances/${segment(instance)}/simplified-tags`);
}

/** Names of the plugins of this Orthanc. */
export function plugins(): Promise<string[]> {
  return get('plugins');
}
