// Rules about values: what stands where, what a difference means, what a curve may show.

import { expect, test } from 'vitest';
import type { Finding, Measurement, NotMeasured, Report } from '../src/api/report';
import { cautions, changes } from '../src/results/changes';
import { curvesOf } from '../src/results/curve';
import { findingsOf, firstTable, reasonAt, tabsOf, valueAt } from '../src/results/sections';

const value = (region: string, quantity: string, number: number, more: Partial<Measurement> = {}): Measurement =>
  ({ region, quantity, value: number, unit: 'u', method: 'm/1', reference: null, ...more });

const finding = (structure: string, side: Finding['side'], measurements: Measurement[], not_measured: NotMeasured[] = []): Finding =>
  ({ structure, side, measurements, not_measured, assessments: [], landmarks: [], uncertainty: { method: 'none' } });

const report = (findings: Finding[], more: Partial<Report> = {}): Report => ({
  notice: '', software: { name: 'BoneMuscle', version: '1' }, started: '', quality: [], references: [], findings,
  series: { study_instance_uid: '1', series_instance_uid: '1', description: null, instances_sha256: '', shape: [1, 1, 1], kernel: 'B' },
  patient: { sex: 'F', age_years: 70, height_m: null, weight_kg: null }, calibration: { method: 'none' }, segmentation: { source: 'model' },
  ...more,
});

test('findings stand on the tab of their part of the body, the right side first', () => {
  const all = report([
    finding('l1', 'none', []), finding('femur', 'left', []), finding('femur', 'right', []), finding('iliopsoas', 'left', []),
    finding('iliopsoas', 'right', []), finding('lumbar_spine', 'none', []), finding('body', 'none', []),
  ]);
  const of = (tab: 'femur' | 'lumbar' | 'muscle') => findingsOf(all, tab).map((one) => `${one.structure} ${one.side}`);
  expect(of('femur')).toEqual(['femur right', 'femur left']);
  expect(of('lumbar')).toEqual(['l1 none', 'lumbar_spine none']);
  expect(of('muscle')).toEqual(['iliopsoas right', 'iliopsoas left', 'body none']);
  expect(tabsOf(all)).not.toContain('hipXray');
  const film = report([], { series: { ...all.series, radiograph: { sop_instance_uid: '1', rows: 1, columns: 1, tube_voltage_kv: null, view_position: null, scale: null } } });
  expect(tabsOf(film)).toEqual(['hipXray', 'quality', 'provenance']);
});

test('a first table has no empty columns, and names why a cell is empty', () => {
  const block: NotMeasured = { region: 'femoral_neck', quantities: ['areal_density'], criteria: [], code: 'NECK_QC', reason: 'why', found: null };
  const { rows, columns } = firstTable('femur', [
    finding('femur', 'right', [value('femoral_neck', 'areal_density', 0.7), value('total_hip', 'areal_density', 0.9)]),
    finding('femur', 'left', [], [block]),
  ]);
  expect(columns.map(({ quantity }) => quantity)).toEqual(['areal_density']);
  expect(rows.map((row) => columns.map((column) => valueAt(row, column)?.value ?? reasonAt(row, column)?.code)))
    .toEqual([[0.7], [0.9], ['NECK_QC']]);
});

test('a difference is judged by the least significant change, and only between what can be compared', () => {
  const mine = finding('femur', 'right', [
    value('total_hip', 'areal_density', 0.75), value('femoral_neck', 'areal_density', 0.7), value('total_hip', 'area', 30),
    value('total_hip', 'density_mean', 250), value('total_hip', 'mineral_content', 20), value('trochanter', 'areal_density', 0.5),
  ]);
  const other = report([finding('femur', 'right', [
    value('total_hip', 'areal_density', 0.78125), value('femoral_neck', 'areal_density', 0.71), value('total_hip', 'area', 31),
    value('total_hip', 'density_mean', 260, { method: 'm/2' }), value('total_hip', 'mineral_content', 21, { unit: 'other' }),
  ]), finding('femur', 'left', [value('trochanter', 'areal_density', 0.5)])]);
  const rows = changes(mine.measurements.map((one) => [mine, one]), other, { areal_density: 0.03125 });
  expect(rows.map(({ judgement }) => judgement)).toEqual(['significant', 'insignificant', 'noLimit', 'differentMethod', 'differentMethod', 'onlyHere']);
  expect([rows[0]?.difference, rows[0]?.percent, rows[3]?.difference]).toEqual([-0.03125, -4, undefined]);
  expect(changes([[mine, value('total_hip', 'areal_density', 0.75)]], other, JSON.parse('{"__proto__": {"areal_density": 1}}'))[0]?.judgement).toBe('noLimit');
});

test('a percentage of a score that may be negative is not given', () => {
  const mine = finding('femur', 'right', [value('total_hip', 't_score', -1)]);
  const [row] = changes([[mine, value('total_hip', 't_score', -1)]], report([finding('femur', 'right', [value('total_hip', 't_score', -2)])]), {});
  expect([row?.difference, row?.percent]).toEqual([1, undefined]);
});

test('what makes two results unlike is named', () => {
  const one = report([]);
  expect(cautions(one, report([]))).toEqual([]);
  expect(cautions(one, report([], {
    calibration: { method: 'phantom', phantom: 'p' }, segmentation: { source: 'dicom_seg' }, software: { name: 'BoneMuscle', version: '2' },
    series: { ...one.series, kernel: 'Br60' },
  }))).toEqual(['cautionCalibration', 'cautionLabels', 'cautionScan', 'cautionSoftware']);
});

const REFERENCE = { id: 'r', description: '', source: '', device: '', population: '', verified_by: 'somebody', mean: 0.9, sd: 0.1, cut_offs: [] };

test('a curve needs a verified reference, and WHO lines their category', () => {
  const hip = finding('femur', 'right', [
    value('total_hip', 'areal_density', 0.7), value('total_hip', 't_score', -2, { reference: 'r' }),
  ]);
  const curve = (reference: typeof REFERENCE | (Omit<typeof REFERENCE, 'verified_by'> & { verified_by: null }), one = hip) =>
    curvesOf(report([one], { references: [reference] }), [one]);
  expect(curve({ ...REFERENCE, verified_by: null })).toEqual([]);
  expect(curve({ ...REFERENCE, sd: 0 })).toEqual([]);
  const [unjudged] = curve(REFERENCE);
  expect(unjudged?.levels.map(({ kind }) => kind)).toEqual(['mean', 'deviation', 'deviation']);
  expect(unjudged?.zones).toEqual([]);
  const judged = { ...hip, assessments: [{ region: 'total_hip', criterion: 'who', category: 'low_bone_mass', sentence: '', quantity: 't_score', reference: 'w' }] };
  const [drawn] = curve(REFERENCE, judged);
  expect(drawn?.levels.filter(({ kind }) => kind === 'cut').map(({ score }) => score)).toEqual([-1, -2.5]);
  expect(drawn?.zones.map(({ category }) => category)).toEqual(['osteoporosis', 'low_bone_mass', 'normal']);
  expect(drawn && drawn.low < 0.5 && drawn.high > 1.1).toBe(true);
});
