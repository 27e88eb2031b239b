import { expect, test } from 'vitest';
import { bytes, date, personName, plain, printed, rounded, unit } from '../src/results/format';

test('values have the decimals of their quantity and no negative zero, as on the PDF page', () => {
  expect([
    printed('volume', 152.347), printed('t_score', -0.04), printed('attenuation_mean', -27.06), printed('volume', 1234.56),
    printed('areal_density', 0.612345), printed('percent_young_adult_mean', 79.5),
  ]).toEqual(['152.3', '0.0', '-27.1', '1234.6', '0.612', '80']);
});

test('ties go to the even digit, as Rust prints them; what only looks like a tie does not', () => {
  // 0.125 and 80.5 are exact in binary, 1.005 lies below and 2.675 below, 1.015 below, 8.345 above.
  expect([rounded(0.125, 2), rounded(0.375, 2), rounded(80.5, 0), rounded(81.5, 0), rounded(-2.5, 0), rounded(0.5, 0)])
    .toEqual(['0.12', '0.38', '80', '82', '-2', '0']);
  expect([rounded(1.005, 2), rounded(2.675, 2), rounded(1.015, 2), rounded(8.345, 2)]).toEqual(['1.00', '2.67', '1.01', '8.35']);
});

test('a figure of a gate is never rounded away', () => {
  expect([40, 2.506, 0.72, 0.0032179, 0, 100].map(plain)).toEqual(['40', '2.51', '0.72', '0.00322', '0', '100']);
});

test.each([
  ["[hnsf'U]", 'HU'], ['1', ''], ['{T-score}', ''], ['cm2/m2', 'cm²/m²'], ["[hnsf'U].cm2/m2", 'HU·cm²/m²'], ['mg{HA}/cm3', 'mgHA/cm³'],
  ['mg{K2HPO4}/cm3', 'mgK₂HPO₄/cm³'], ['g{HA}', 'gHA'], ['kg/m2', 'kg/m²'], ['%', '%'], ['mm', 'mm'], ['cm3', 'cm³'],
])('%s is written %s', (ucum, written) => {
  expect(unit(ucum)).toBe(written);
});

test('only a DICOM date is rewritten', () => {
  expect([date('20240131'), date('2024.01.31'), date(undefined)]).toEqual(['2024-01-31', '2024.01.31', '']);
});

test('names show their first group that is there', () => {
  expect([personName('Yamada^Tarou=山田^太郎'), personName('=山田^太郎'), personName('Doe^Jane^Q'), personName('^'), personName(undefined)])
    .toEqual(['Yamada, Tarou', '山田, 太郎', 'Doe, Jane Q', '', '']);
});

test('sizes', () => {
  expect([0, 999, 1500, 12e6, 3.4e9].map(bytes)).toEqual(['0 B', '999 B', '1.5 kB', '12.0 MB', '3.4 GB']);
});
