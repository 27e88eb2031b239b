// Criteria and what they say: the words of the PDF page.

import type { Table } from './phrase';

/** Published criteria. */
export const CRITERIA = {
  who: { en: 'WHO 1994', ja: 'WHO基準(1994年)' },
  jsbmr: { en: 'JSBMR/JOS 2012', ja: 'JSBMR/JOS 2012基準(骨密度)' },
  spine_qct: { en: 'ACR/ISCD spine QCT', ja: 'ACR/ISCDの腰椎QCT基準' },
  spine_qct_east_asian: { en: 'Wang 2024, East Asian women', ja: '東アジア人女性のQCTカットオフ(Wang 2024)' },
  genant: { en: 'Genant', ja: 'Genantの分類' },
  l3_smi_prado: { en: 'Prado 2008', ja: 'Prado 2008の基準' },
  l3_smi_martin: { en: 'Martin 2013, index', ja: 'Martin 2013の基準(筋指数)' },
  l3_smi_derstine: { en: 'Derstine 2018', ja: 'Derstine 2018の基準' },
  l3_smra_martin: { en: 'Martin 2013, attenuation', ja: 'Martin 2013の基準(筋CT値)' },
  psoas_index_hamaguchi: { en: 'Hamaguchi 2016', ja: 'Hamaguchi 2016の基準' },
  awgs_2019: { en: 'AWGS 2019', ja: 'AWGS 2019の筋量基準' },
  ewgsop2: { en: 'EWGSOP2', ja: 'EWGSOP2の筋量基準' },
} satisfies Table;

/** What they say. */
export const CATEGORIES = {
  normal: { en: 'within the reference range', ja: '基準範囲内' },
  low_bone_mass: { en: 'range of low bone mass', ja: '骨量減少の範囲' },
  osteoporosis: { en: 'range of osteoporosis', ja: '骨粗鬆症の範囲' },
  low_muscle_mass: { en: 'low muscle mass', ja: '筋量低値' },
  low_muscle_attenuation: { en: 'low muscle attenuation', ja: '筋CT値低値' },
  no_height_loss: { en: 'no loss of height', ja: '椎体高の低下なし' },
  mild_height_loss: { en: 'mild loss of height, grade 1', ja: '軽度の椎体高低下(グレード1)' },
  moderate_height_loss: { en: 'moderate loss of height, grade 2', ja: '中等度の椎体高低下(グレード2)' },
  severe_height_loss: { en: 'severe loss of height, grade 3', ja: '高度の椎体高低下(グレード3)' },
} satisfies Table;
