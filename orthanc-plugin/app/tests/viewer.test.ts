// Volumes as they arrive, in pieces of any size.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Centres } from '../src/viewer/centres';
import { COLORS, colorTable, labelOf } from '../src/viewer/labels';
import { NiftiReader, NotAnImage, keptSize } from '../src/viewer/nifti';

const HEADER = 352;

/** 7 columns, 5 rows, 3 slices of 2 mm, 3 mm, 4 mm, beginning at (10, 20, 30); every voxel is its own number. */
function volume(bytesPerVoxel: 1 | 2, size = [7, 5, 3], offset = HEADER): Uint8Array {
  const count = size.reduce((product, side) => product * side, 1);
  const bytes = new Uint8Array(offset + count * bytesPerVoxel);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  size.forEach((side, axis) => view.setInt16(42 + 2 * axis, side, true));
  view.setInt16(72, 8 * bytesPerVoxel, true);
  [2, 3, 4].forEach((step, axis) => {
    view.setFloat32(80 + 4 * axis, step, true);
    view.setFloat32(280 + 16 * axis + 4 * axis, step, true);
    view.setFloat32(280 + 16 * axis + 12, 10 * (axis + 1), true);
  });
  view.setFloat32(108, offset, true);
  bytes.set([0x6e, 0x2b, 0x31, 0], 344);
  for (let index = 0; index < count; index += 1) {
    if (bytesPerVoxel === 1) {
      view.setUint8(offset + index, index);
    } else {
      view.setInt16(offset + 2 * index, index - 50, true);
    }
  }
  return bytes;
}

function read(bytes: Uint8Array, piece: number, mostVoxels = 1e6, watch?: Centres) {
  const reader = new NiftiReader(mostVoxels, watch?.watch);
  for (let at = 0; at < bytes.length; at += piece) {
    reader.push(bytes.subarray(at, at + piece));
  }
  return reader.end();
}

test.each([1, 3, 351, 353, 100000])('in pieces of %i bytes the voxels are the same', (piece) => {
  const bytes = volume(2);
  const { header, voxels } = read(bytes, piece);
  expect([...new Uint8Array(header), ...new Uint8Array(voxels)]).toEqual([...bytes]);
  // What lies between header and voxels is passed over.
  expect([...new Int16Array(read(volume(2, [7, 5, 3], 400), piece).voxels)].slice(0, 2)).toEqual([-50, -49]);
});

test('what is too large is thinned within slices, and stays in its place', () => {
  const { header, voxels: kept, geometry } = read(volume(2), 10, 60);
  expect([geometry.factor, keptSize(geometry)]).toEqual([2, [4, 3, 3]]);
  const voxels = [...new Int16Array(kept)].map((one) => one + 50);
  expect(voxels.slice(0, 12)).toEqual([0, 2, 4, 6, 14, 16, 18, 20, 28, 30, 32, 34]);
  expect(voxels[12]).toBe(35);
  const view = new DataView(header);
  expect([42, 44, 46].map((at) => view.getInt16(at, true))).toEqual([4, 3, 3]);
  expect([280, 300, 320].map((at) => view.getFloat32(at, true))).toEqual([4, 6, 4]);
  expect([292, 308, 324].map((at) => view.getFloat32(at, true))).toEqual([10, 20, 30]);
});

test('the middle of a label lies where its voxels are, thinned or not', () => {
  const bytes = volume(1);
  bytes.fill(0, HEADER);
  // Label 5 at columns 2 and 4 of row 2 in slice 1: its middle is (10 + 3 * 2, 20 + 2 * 3, 30 + 1 * 4).
  [2, 4].forEach((column) => { bytes[HEADER + column + 7 * (2 + 5 * 1)] = 5; });
  for (const most of [1e6, 60]) {
    const centres = new Centres();
    expect([...centres.millimetres(read(bytes, 11, most, centres))]).toEqual([[5, [16, 26, 34]]]);
  }
});

test('what is no volume, or ends early, is refused', () => {
  const broken = volume(2);
  new DataView(broken.buffer).setInt16(42, -1, true);
  for (const bytes of [broken, new Uint8Array(400), volume(2).subarray(0, 400), volume(2).subarray(0, 100)]) {
    expect(() => read(bytes, 64)).toThrow(NotAnImage);
  }
});

test('colours are those of the SEG', () => {
  const text = readFileSync(new URL('../../../plugin-core/src/anatomy/structure.rs', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^ {4}\w+ "([a-z0-9_]+)" "[^\n]*\[(\d+) (\d+) (\d+)\];/gm)];
  expect(rows.length).toBeGreaterThan(30);
  expect(COLORS).toEqual(Object.fromEntries(rows.map(([, name = '', ...color]) => [name, color.map(Number)])));
});

test('labels without a name are not drawn', () => {
  const table = colorTable({ 3: 'iliopsoas_left', 4: 'something_new' });
  expect([3, 4, 5, 0].map((value) => table.A[value])).toEqual([255, 255, 0, 0]);
  expect([table.R[3], table.R[4]]).toEqual([235, 160]);
  expect([labelOf('iliopsoas_left'), labelOf('l3')]).toEqual([{ structure: 'iliopsoas', side: 'left' }, { structure: 'l3', side: 'none' }]);
});
