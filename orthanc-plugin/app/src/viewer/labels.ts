// Colours of labels: those of the SEG and of the PDF page (`plugin-core/src/anatomy/structure.rs`).

type Color = readonly [number, number, number];

export const COLORS: Readonly<Record<string, Color>> = {
  l1: [255, 198, 109],
  l2: [122, 205, 227],
  l3: [245, 150, 130],
  l4: [158, 214, 138],
  l5: [205, 165, 235],
  t12: [200, 200, 170],
  l6: [190, 190, 150],
  sacrum: [200, 180, 150],
  hip_bone: [216, 200, 160],
  femur: [230, 215, 180],
  erector_spinae: [205, 92, 92],
  deep_back_muscle: [188, 80, 96],
  quadratus_lumborum: [220, 120, 90],
  iliopsoas: [235, 130, 70],
  psoas_major: [240, 150, 60],
  gluteus_maximus: [200, 60, 80],
  gluteus_medius: [225, 85, 110],
  gluteus_minimus: [240, 125, 150],
  piriformis: [180, 90, 140],
  tensor_fasciae_latae: [165, 85, 165],
  sartorius: [150, 105, 190],
  quadriceps_femoris: [120, 120, 205],
  hamstrings: [95, 140, 200],
  adductors: [85, 165, 190],
  gracilis: [85, 175, 165],
  pectineus: [95, 185, 140],
  skeletal_muscle: [190, 70, 70],
  subcutaneous_fat: [240, 220, 130],
  visceral_fat: [230, 190, 90],
  aorta: [220, 60, 60],
  hip_implant: [160, 160, 180],
  lumbar_spine: [240, 200, 120],
  body: [200, 200, 200],
};

const UNKNOWN: Color = [160, 160, 160];
const LABELS = 256;

/** Label value to the name of a structure, with its side: `labels.json`. */
export type LabelNames = { readonly [value: string]: string };

export interface NamedLabel {
  structure: string;
  side: string;
}

export function labelOf(name: string): NamedLabel {
  const [, structure, side] = /^(.*)_(left|right)$/.exec(name) ?? [];
  return structure !== undefined && side !== undefined ? { structure, side } : { structure: name, side: 'none' };
}

export function colorOf(name: string): Color {
  const { structure } = labelOf(name);
  return Object.hasOwn(COLORS, structure) ? (COLORS[structure] ?? UNKNOWN) : UNKNOWN;
}

/** A table of colours with one entry for each label value; what has no name is not drawn. */
export function colorTable(names: LabelNames) {
  const values = [...Array(LABELS).keys()];
  const channel = (which: 0 | 1 | 2) => values.map((value) => colorOf(names[value] ?? '')[which]);
  return { R: channel(0), G: channel(1), B: channel(2), A: values.map((value) => (names[value] ? 255 : 0)), I: values };
}
