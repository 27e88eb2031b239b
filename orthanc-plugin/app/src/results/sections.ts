// Which findings stand on which tab, and which of their values stand in its first table.

import type { Finding, Measurement, NotMeasured, Report } from '../api/report';

export const TABS = ['femur', 'lumbar', 'muscle', 'hipXray', 'quality', 'provenance'] as const;
export type Tab = (typeof TABS)[number];

const VERTEBRA = /^l[1-6]$/;

/** Tabs of a report: those of a CT, or those of a radiograph. */
export function tabsOf(report: Report): Tab[] {
  return report.series.radiograph ? ['hipXray', 'quality', 'provenance'] : TABS.filter((tab) => tab !== 'hipXray');
}

/** Parts of the body whose values are compared in tables of their own. */
export type Part = 'femur' | 'lumbar' | 'muscle';

function partOf(structure: string): Part {
  if (structure === 'femur') {
    return 'femur';
  }
  return structure === 'lumbar_spine' || VERTEBRA.test(structure) ? 'lumbar' : 'muscle';
}

/** Findings of a tab in the report's order, the patient's right first, as on pictures. */
export function findingsOf(report: Report, tab: Tab): Finding[] {
  const all = tab === 'hipXray' ? report.findings : report.findings.filter((one) => partOf(one.structure) === tab);
  const order = new Map(report.findings.map((one, index) => [one.structure, index]).reverse() as [string, number][]);
  const rank = (one: Finding) => (order.get(one.structure) ?? 0) * 2 + (one.side === 'left' ? 1 : 0);
  return [...all].sort((a, b) => rank(a) - rank(b));
}

/** A column of a first table: a quantity of the first of these regions that has it. */
export interface Column {
  quantity: string;
  regions: readonly string[];
}

const of = (quantity: string, ...regions: string[]): Column => ({ quantity, regions });

/** What is followed over the years: the rest of a comparison is shown when asked for. */
const FOLLOWED = new Set([
  'density_mean', 'areal_density', 'volume', 'muscle_attenuation', 'skeletal_muscle_area', 'skeletal_muscle_attenuation',
  'skeletal_muscle_index', 'visceral_fat_area', 'lean_mass',
]);

export function isFollowed(one: Measurement): boolean {
  return FOLLOWED.has(one.quantity);
}

/** What a reader looks for first; columns without any value are left out. */
const COLUMNS: Readonly<Record<Part, readonly Column[]>> = {
  lumbar: [
    of('density_mean', 'trabecular', 'l1_l4'),
    of('attenuation_mean', 'trabecular', 'l1_l4'),
    of('attenuation_sd', 'trabecular'),
    of('areal_density', 'whole', 'l1_l4'),
    of('t_score', 'whole', 'l1_l4'),
    of('percent_young_adult_mean', 'whole', 'l1_l4'),
    of('anterior_height_ratio', 'vertebral_body'),
    of('middle_height_ratio', 'vertebral_body'),
    of('volume', 'whole'),
  ],
  femur: [
    of('areal_density'), of('t_score'), of('percent_young_adult_mean'), of('z_score'), of('mineral_content'), of('area'),
    of('density_mean'), of('attenuation_mean'),
  ],
  muscle: [
    of('volume', 'whole'), of('attenuation_mean', 'whole'), of('muscle_attenuation', 'whole'), of('lean_mass', 'whole'),
    of('fat_mass', 'whole'), of('fat_voxel_share', 'whole'),
  ],
};

/** A line of a first table: a structure, or a region of one where its regions are what is compared. */
export interface Row {
  finding: Finding;
  /** None: the column says which. */
  region?: string;
}

export interface FirstTable {
  columns: Column[];
  rows: Row[];
}

/** Whether the regions of a structure are compared with each other, rather than structures. */
export function isByRegion(part: Part): boolean {
  return part === 'femur';
}

const BODY = ['body', 'skeletal_muscle'];

/** Whether a finding is about the whole body, and is listed rather than compared with its neighbours. */
export function isWholeBody(finding: Finding): boolean {
  return BODY.includes(finding.structure);
}

/** The findings of each part, without the whole body. */
export function partsOf(findings: readonly Finding[]): [Part, Finding[]][] {
  const parts: readonly Part[] = ['femur', 'lumbar', 'muscle'];
  const within = (part: Part) => findings.filter((one) => partOf(one.structure) === part && !isWholeBody(one));
  return parts.map((part): [Part, Finding[]] => [part, within(part)]).filter(([, some]) => some.length > 0);
}

export function firstTable(part: Part, findings: readonly Finding[]): FirstTable {
  const rows = findings.flatMap((finding) => (isByRegion(part) ? regionsOf(finding).map((region) => ({ finding, region })) : [{ finding }]));
  const columns = COLUMNS[part].filter((column) => rows.some((row) => valueAt(row, column) !== undefined));
  return { columns, rows };
}

/** Regions that were measured or withheld, in the report's order. */
export function regionsOf(finding: Finding): string[] {
  return [...new Set([...finding.measurements, ...finding.not_measured].map((one) => one.region))];
}

/** The value of a cell; the first, where several recipes gave one. */
export function valueAt({ finding, region }: Row, column: Column): Measurement | undefined {
  const places = region === undefined ? column.regions : [region];
  return places.flatMap((place) => finding.measurements.filter((one) => one.region === place && one.quantity === column.quantity))[0];
}

/** Why a cell is empty, where a gate withheld its value. */
export function reasonAt({ finding, region }: Row, column: Column): NotMeasured | undefined {
  const places = region === undefined ? column.regions : [region];
  return finding.not_measured.find((one) => places.includes(one.region) && one.quantities.includes(column.quantity));
}
