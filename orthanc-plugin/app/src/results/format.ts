// How values are written: as the PDF page writes them.

import type { Measurement } from '../api/report';

/** Decimals that a quantity is read with; the rest have one. */
const DECIMALS: Readonly<Record<string, number>> = {
  areal_density: 3,
  mineral_content: 2,
  anterior_height_ratio: 2,
  middle_height_ratio: 2,
  neighbour_height_ratio: 2,
  estimated_dxa_smi: 2,
  percent_young_adult_mean: 0,
};

export function decimals(quantity: string): number {
  return DECIMALS[quantity] ?? 1;
}

/** Digits after which a binary fraction that lies on a tie has ended. */
const EXACT = 60;

/** `value` with `places` decimals, ties to even as in the PDF, without a negative zero. */
export function rounded(value: number, places: number): string {
  const text = tieToEven(value, places) ?? value.toFixed(places);
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}

/** Where `value` lies exactly between two numbers of `places` decimals, the even one of them: toFixed takes the larger. */
function tieToEven(value: number, places: number): string | undefined {
  const [whole = '', fraction = ''] = Math.abs(value).toFixed(EXACT).split('.');
  if (!/^50*$/.test(fraction.slice(places))) {
    return undefined;
  }
  const kept = BigInt(whole + fraction.slice(0, places));
  const even = String(kept % 2n === 0n ? kept : kept + 1n).padStart(places + 1, '0');
  const point = even.length - places;
  return `${value < 0 ? '-' : ''}${even.slice(0, point)}${places ? `.${even.slice(point)}` : ''}`;
}

export function printed(quantity: string, value: number): string {
  return rounded(value, decimals(quantity));
}

/** A value, and by how much it varies over the passes of a model where that is known: `0.725 ± 0.024`. */
export function measured(one: Measurement): string {
  const spread = one.root_mean_square_error === undefined ? '' : ` ± ${printed(one.quantity, one.root_mean_square_error)}`;
  return printed(one.quantity, one.value) + spread;
}

/** A number of a header or gate with at most two decimals and no trailing zeros; a small one with three digits. */
export function plain(value: number): string {
  const text = Math.abs(value) < 0.01 ? String(Number(value.toPrecision(3))) : rounded(value, 2);
  return text.includes('.') && !text.includes('e') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

/** UCUM's way to write what people write otherwise, in the order in which it is put right. */
const UNIT_WRITING: readonly (readonly [RegExp, string])[] = [
  [/^\{.*\}$|^1$/, ''],
  [/\[hnsf'U\]/, 'HU'],
  [/K2HPO4/, 'K₂HPO₄'],
  [/[{}]/g, ''],
  [/\./g, '·'],
  [/(?<=m)2/g, '²'],
  [/(?<=m)3/g, '³'],
];

/** A UCUM unit as people write it; scores and ratios have none. */
export function unit(ucum: string): string {
  return UNIT_WRITING.reduce((text, [pattern, written]) => text.replace(pattern, written), ucum);
}

const DATE = /^(\d{4})(\d{2})(\d{2})$/;

/** A DICOM date as `2024-01-31`; anything else stays as it is. */
export function date(value: string | undefined): string {
  return (value ?? '').replace(DATE, '$1-$2-$3');
}

/** A person's name of DICOM: the first group that is there, its parts in order. */
export function personName(value: string | undefined): string {
  const group = (value ?? '').split('=').find((part) => part.replaceAll('^', '').trim() !== '') ?? '';
  const [family = '', given = '', ...rest] = group.split('^').map((part) => part.trim());
  return [family && given ? `${family}, ${given}` : family || given, ...rest].filter(Boolean).join(' ');
}

/** A moment in the reader's own time and language. */
export function moment(iso: string, language: string): string {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? iso : time.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}

/** `12 MB`. */
export function bytes(count: number): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB'];
  const step = Math.min(names.length - 1, count > 0 ? Math.floor(Math.log10(count) / 3) : 0);
  const value = count / 1000 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${names[step]}`;
}
