// Where the middle of each label is, counted while the labels arrive.

import { type Volume, affineOf } from './nifti';

const LABELS = 256;

export class Centres {
  private readonly counts = new Float64Array(LABELS);
  private readonly sums = new Float64Array(3 * LABELS);

  /** A row of labels of one byte each. */
  readonly watch = (row: Uint8Array, j: number, k: number): void => {
    const { counts, sums } = this;
    for (let i = 0; i < row.length; i += 1) {
      const label = row[i] as number;
      if (label !== 0) {
        counts[label] = (counts[label] as number) + 1;
        sums[3 * label] = (sums[3 * label] as number) + i;
        sums[3 * label + 1] = (sums[3 * label + 1] as number) + j;
        sums[3 * label + 2] = (sums[3 * label + 2] as number) + k;
      }
    }
  };

  /** RAS millimetres of the mean voxel of each label that is there. */
  millimetres({ header, geometry }: Volume): Map<number, [number, number, number]> {
    const centres = new Map<number, [number, number, number]>();
    if (geometry.bytesPerVoxel !== 1) {
      return centres;
    }
    const affine = affineOf(header);
    this.counts.forEach((count, label) => {
      if (count > 0) {
        const at = [0, 1, 2].map((axis) => (this.sums[3 * label + axis] ?? 0) / count);
        const place = affine.map((row) => (row[3] ?? 0) + at.reduce((sum, index, axis) => sum + index * (row[axis] ?? 0), 0));
        centres.set(label, place as [number, number, number]);
      }
    });
    return centres;
  }
}
