// A NIfTI-1 file as it arrives: voxels are held once, and what is too large for a graphics card is thinned on the way.

/** Header and the four bytes that say that no extension follows. */
const HEADER = 352;
const LITTLE = true;
const AT = { size: 0, dimensions: 40, bits: 72, spacing: 76, dataOffset: 108, rows: 280, magic: 344 } as const;

/** Sides of a volume that somebody could have scanned; more is a broken header. */
const LARGEST_SIDE = 8192;

export class NotAnImage extends Error {}

export interface Geometry {
  /** Columns, rows, slices of the file. */
  size: [number, number, number];
  bytesPerVoxel: number;
  /** Every how manieth column and row is kept. */
  factor: number;
}

/** A volume in two parts, so that neither has to be copied to be used. */
export interface Volume {
  /** A NIfTI-1 header of the kept voxels. */
  header: ArrayBuffer;
  voxels: ArrayBuffer;
  geometry: Geometry;
}

/** Something that looks at kept rows as they come: row and slice in the kept grid. */
export type RowWatcher = (row: Uint8Array, j: number, k: number) => void;

export class NiftiReader {
  private geometry: Geometry | undefined;
  private readonly head = new Uint8Array(HEADER);
  private headFilled = 0;
  private skip = 0;
  private row = new Uint8Array(0);
  private rowFilled = 0;
  private rowNumber = 0;
  private out = new Uint8Array(0);
  private outFilled = 0;
  private readonly mostVoxels: number;
  private readonly watch: RowWatcher | undefined;

  /** Keeps at most `mostVoxels`. */
  constructor(mostVoxels: number, watch?: RowWatcher) {
    this.mostVoxels = mostVoxels;
    this.watch = watch;
  }

  push(chunk: Uint8Array): void {
    let rest = chunk;
    if (this.geometry === undefined) {
      rest = this.pushHead(rest);
    }
    if (this.skip > 0) {
      const skipped = Math.min(this.skip, rest.length);
      this.skip -= skipped;
      rest = rest.subarray(skipped);
    }
    while (rest.length > 0 && this.outFilled < this.out.length) {
      const part = rest.subarray(0, this.row.length - this.rowFilled);
      this.row.set(part, this.rowFilled);
      this.rowFilled += part.length;
      rest = rest.subarray(part.length);
      if (this.rowFilled === this.row.length) {
        this.takeRow();
      }
    }
  }

  /** The kept volume. */
  end(): Volume {
    if (this.geometry === undefined || this.outFilled < this.out.length) {
      throw new NotAnImage('the image ends early');
    }
    const header = keptHeader(this.head, this.geometry);
    return { header, voxels: this.out.buffer as ArrayBuffer, geometry: this.geometry };
  }

  private pushHead(chunk: Uint8Array): Uint8Array {
    const part = chunk.subarray(0, HEADER - this.headFilled);
    this.head.set(part, this.headFilled);
    this.headFilled += part.length;
    if (this.headFilled === HEADER) {
      this.begin();
    }
    return chunk.subarray(part.length);
  }

  private begin(): void {
    const view = new DataView(this.head.buffer);
    const geometry = geometryOf(view, this.mostVoxels);
    const kept = keptSize(geometry);
    this.skip = Math.max(0, view.getFloat32(AT.dataOffset, LITTLE) - HEADER);
    this.row = new Uint8Array(geometry.size[0] * geometry.bytesPerVoxel);
    this.out = new Uint8Array(kept[0] * kept[1] * kept[2] * geometry.bytesPerVoxel);
    this.geometry = geometry;
  }

  private takeRow(): void {
    const { size, bytesPerVoxel, factor } = this.geometry as Geometry;
    const j = this.rowNumber % size[1];
    const k = Math.floor(this.rowNumber / size[1]);
    this.rowNumber += 1;
    this.rowFilled = 0;
    if (j % factor !== 0) {
      return;
    }
    const kept = factor === 1 ? this.row : thinned(this.row, bytesPerVoxel, factor);
    this.out.set(kept, this.outFilled);
    this.watch?.(kept, j / factor, k);
    this.outFilled += kept.length;
  }
}

function geometryOf(view: DataView, mostVoxels: number): Geometry {
  const magic = view.getUint32(AT.magic, LITTLE);
  // "n+1": header and voxels in one file. The plugin writes little-endian.
  if (view.getUint32(AT.size, LITTLE) !== 348 || magic !== 0x00312b6e) {
    throw new NotAnImage('not a NIfTI-1 file');
  }
  const side = (axis: number) => view.getInt16(AT.dimensions + 2 * axis, LITTLE);
  const size: [number, number, number] = [side(1), side(2), side(3)];
  const bytesPerVoxel = view.getInt16(AT.bits, LITTLE) / 8;
  if (size.some((one) => one < 1 || one > LARGEST_SIDE) || ![1, 2, 4].includes(bytesPerVoxel)) {
    throw new NotAnImage('no volume of plain voxels');
  }
  let factor = 1;
  while (voxels({ size, bytesPerVoxel, factor }) > mostVoxels) {
    factor += 1;
  }
  return { size, bytesPerVoxel, factor };
}

export function keptSize({ size: [columns, rows, slices], factor }: Geometry): [number, number, number] {
  return [Math.ceil(columns / factor), Math.ceil(rows / factor), slices];
}

function voxels(geometry: Geometry): number {
  return keptSize(geometry).reduce((product, side) => product * side, 1);
}

function keptHeader(head: Uint8Array, geometry: Geometry): ArrayBuffer {
  const copy = head.slice();
  const view = new DataView(copy.buffer);
  keptSize(geometry).forEach((side, axis) => view.setInt16(AT.dimensions + 2 * (axis + 1), side, LITTLE));
  const scale = (at: number) => view.setFloat32(at, view.getFloat32(at, LITTLE) * geometry.factor, LITTLE);
  // The first voxel stays where it is; steps along columns and rows grow.
  [1, 2].forEach((axis) => scale(AT.spacing + 4 * axis));
  [0, 1, 2].forEach((row) => [0, 1].forEach((column) => scale(AT.rows + 16 * row + 4 * column)));
  view.setFloat32(AT.dataOffset, HEADER, LITTLE);
  return copy.buffer as ArrayBuffer;
}

function thinned(row: Uint8Array, bytesPerVoxel: number, factor: number): Uint8Array {
  const kept = new Uint8Array(Math.ceil(row.length / bytesPerVoxel / factor) * bytesPerVoxel);
  for (let to = 0, from = 0; to < kept.length; to += bytesPerVoxel, from += bytesPerVoxel * factor) {
    for (let byte = 0; byte < bytesPerVoxel; byte += 1) {
      kept[to + byte] = row[from + byte] ?? 0;
    }
  }
  return kept;
}

/** From voxel to RAS millimetres, by the sform of a header: three rows of four. */
export function affineOf(header: ArrayBuffer): number[][] {
  const view = new DataView(header);
  return [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => view.getFloat32(AT.rows + 16 * row + 4 * column, LITTLE)));
}
