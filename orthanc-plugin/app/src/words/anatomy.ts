// Structures, sides and regions: the words of the PDF page.

import type { Table } from './phrase';

/** Structures, by their names in reports. */
export const STRUCTURES = {
  l1: { en: 'L1 vertebra', ja: '第1腰椎' },
  l2: { en: 'L2 vertebra', ja: '第2腰椎' },
  l3: { en: 'L3 vertebra', ja: '第3腰椎' },
  l4: { en: 'L4 vertebra', ja: '第4腰椎' },
  l5: { en: 'L5 vertebra', ja: '第5腰椎' },
  t12: { en: 'T12 vertebra', ja: '第12胸椎' },
  l6: { en: 'L6 vertebra', ja: '第6腰椎' },
  sacrum: { en: 'Sacrum', ja: '仙骨' },
  hip_bone: { en: 'Hip bone', ja: '寛骨' },
  femur: { en: 'Femur', ja: '大腿骨' },
  erector_spinae: { en: 'Erector spinae', ja: '脊柱起立筋' },
  deep_back_muscle: { en: 'Deep back muscle', ja: '固有背筋' },
  quadratus_lumborum: { en: 'Quadratus lumborum', ja: '腰方形筋' },
  iliopsoas: { en: 'Iliopsoas', ja: '腸腰筋' },
  psoas_major: { en: 'Psoas major', ja: '大腰筋' },
  gluteus_maximus: { en: 'Gluteus maximus', ja: '大殿筋' },
  gluteus_medius: { en: 'Gluteus medius', ja: '中殿筋' },
  gluteus_minimus: { en: 'Gluteus minimus', ja: '小殿筋' },
  piriformis: { en: 'Piriformis', ja: '梨状筋' },
  tensor_fasciae_latae: { en: 'Tensor fasciae latae', ja: '大腿筋膜張筋' },
  sartorius: { en: 'Sartorius', ja: '縫工筋' },
  quadriceps_femoris: { en: 'Quadriceps femoris', ja: '大腿四頭筋' },
  hamstrings: { en: 'Hamstrings', ja: 'ハムストリングス' },
  adductors: { en: 'Adductors', ja: '内転筋群' },
  gracilis: { en: 'Gracilis', ja: '薄筋' },
  pectineus: { en: 'Pectineus', ja: '恥骨筋' },
  skeletal_muscle: { en: 'Skeletal muscle', ja: '全骨格筋' },
  subcutaneous_fat: { en: 'Subcutaneous fat', ja: '皮下脂肪' },
  visceral_fat: { en: 'Visceral fat', ja: '内臓脂肪' },
  aorta: { en: 'Aorta', ja: '大動脈' },
  hip_implant: { en: 'Hip implant', ja: '股関節インプラント' },
  lumbar_spine: { en: 'Lumbar spine', ja: '腰椎' },
  body: { en: 'Body', ja: '体幹' },
} satisfies Table;

/** Parts of structures, by their names in reports. */
export const REGIONS = {
  whole: { en: 'Whole structure', ja: '全体' },
  trabecular: { en: 'Trabecular region', ja: '海綿骨領域' },
  vertebral_body: { en: 'Vertebral body', ja: '椎体' },
  l1_l4: { en: 'L1 to L4', ja: 'L1~L4' },
  femoral_neck: { en: 'Femoral neck', ja: '大腿骨頸部' },
  trochanter: { en: 'Trochanter', ja: '転子部' },
  intertrochanter: { en: 'Intertrochanter', ja: '転子間部' },
  total_hip: { en: 'Total hip', ja: '近位部全体' },
  l3_slice: { en: 'Slice through L3', ja: '第3腰椎中央の断面' },
} satisfies Table;

/** Sides of the patient. */
export const SIDES = {
  left: { en: 'left', ja: '左' },
  right: { en: 'right', ja: '右' },
} satisfies Table;
