// Values, what was not measured, earlier results, provenance.

import type { Phrases } from './phrase';

export const RESULTS = {
  results: { en: 'Results', ja: '結果' },
  femur: { en: 'Femur', ja: '大腿骨' },
  lumbar: { en: 'Lumbar spine', ja: '腰椎' },
  muscle: { en: 'Muscle', ja: '骨格筋' },
  hipXray: { en: 'Hip X-ray', ja: '股関節X線' },
  quality: { en: 'Quality', ja: '品質' },
  provenance: { en: 'Provenance', ja: '来歴' },

  measuredAt: { en: (when: string) => `Measured ${when}`, ja: (when: string) => `計測日時 ${when}` },
  notDxa: {
    en: 'CT-derived values are not a DXA measurement and cannot be used to rule out osteoporosis.',
    ja: 'CTから求めた値はDXAの測定値ではなく、骨粗鬆症を否定する目的には使用できません。',
  },
  filmNotDxa: {
    en: 'Values from a radiograph are not a DXA measurement and cannot be used to rule out osteoporosis.',
    ja: 'X線画像から求めた値はDXAの測定値ではなく、骨粗鬆症を否定する目的には使用できません。',
  },
  uncalibrated: {
    en: 'Not calibrated: values are in HU, and no density or score is given.',
    ja: '未校正: 値はHUで、密度とスコアは算出していません。',
  },
  nothingHere: { en: 'Nothing of this part of the body was measured or labelled.', ja: 'この部位の計測値・ラベルはありません。' },
  values: { en: 'Values', ja: '計測値' },
  allValues: { en: 'All values', ja: 'すべての計測値' },
  structure: { en: 'Structure', ja: '構造' },
  region: { en: 'Region', ja: '領域' },
  quantity: { en: 'Quantity', ja: '項目' },
  value: { en: 'Value', ja: '値' },
  unit: { en: 'Unit', ja: '単位' },
  recipe: { en: 'Recipe', ja: '計測法' },
  bodyComposition: { en: 'Body composition at L3', ja: '第3腰椎レベルの体組成' },
  withheld: { en: 'not measured', ja: '計測不可' },
  spread: {
    en: 'After ±: root mean square error of the model on simulated films of makers that it had not seen; on films of people it is not known.',
    ja: '±: 未学習の装置を模したシミュレーション画像でのモデルの二乗平均平方根誤差。実際の患者での誤差は不明。',
  },
  areal: {
    en: 'aBMD: areal density of a projection of the CT, DXA-like but not DXA.',
    ja: '面密度: CTの投影から求めたDXA類似の値であり、DXAの測定値ではない。',
  },
  filmAreal: {
    en: 'aBMD: areal density that a network estimates from the film, DXA-like but not DXA.',
    ja: '面密度: ネットワークがX線画像から推定したDXA類似の値であり、DXAの測定値ではない。',
  },

  notMeasured: { en: 'Not measured, and why', ja: '計測できなかった値と理由' },
  criteriaNotApplied: { en: (names: string) => `not applied: ${names}`, ja: (names: string) => `適用せず: ${names}` },
  figure: { en: (value: string) => `found: ${value}`, ja: (value: string) => `検出値: ${value}` },
  englishOriginal: { en: 'Original sentence', ja: '原文(英語)' },

  criteria: { en: 'Published criteria', ja: '公表されている基準との比較' },
  limitBone: { en: '', ja: 'CTから求めた値であり、DXAの測定値ではなく、骨粗鬆症を否定する目的には使用できません。' },
  limitHeight: { en: '', ja: '椎体高のみによる分類であり、原因は問いません。' },
  limitMuscle: { en: '', ja: '筋力と身体機能は評価していません。' },

  curves: { en: 'Against reference values', ja: '基準値との比較' },
  curveLabel: {
    en: (place: string, value: string, age: string) => `${place}: ${value} at ${age}`,
    ja: (place: string, value: string, age: string) => `${place}: ${value}、${age}`,
  },
  years: { en: (age: number) => `${age} years`, ja: (age: number) => `${age}歳` },
  ageUnknown: { en: 'age not stated', ja: '年齢の記載なし' },
  ageAxis: { en: 'Age', ja: '年齢' },
  youngAdults: { en: (mean: string, sd: string) => `young adults ${mean} ± ${sd}`, ja: (mean: string, sd: string) => `若年成人 ${mean} ± ${sd}` },
  noCurves: {
    en: 'The report holds no verified reference values for these values, so no curve is drawn.',
    ja: '確認済みの基準値が報告に含まれないため、曲線は表示しません。',
  },
  constantReference: {
    en: 'The reference is the mean of young adults; it is not a mean for the age on the axis.',
    ja: '基準は若年成人の平均値であり、横軸の年齢の平均値ではありません。',
  },
  verifiedBy: { en: (who: string) => `verified by ${who}`, ja: (who: string) => `確認者: ${who}` },
  notVerified: { en: 'not verified', ja: '未確認' },

  earlier: { en: 'Earlier results of this patient', ja: 'この患者の過去の結果' },
  noEarlier: { en: 'No earlier result of this patient is stored here.', ja: 'この患者の過去の結果はありません。' },
  compareWith: { en: 'Compare with', ja: '比較する検査' },
  thisStudy: { en: 'This', ja: '今回' },
  that: { en: 'Earlier', ja: '前回' },
  difference: { en: 'Difference', ja: '差' },
  judgement: { en: 'Significance', ja: '有意性' },
  significant: { en: (limit: string) => `reaches the least significant change (${limit})`, ja: (limit: string) => `最小有意変化(${limit})以上` },
  insignificant: { en: (limit: string) => `below the least significant change (${limit})`, ja: (limit: string) => `最小有意変化(${limit})未満` },
  noLimit: { en: 'not judged', ja: '判定なし' },
  noLimits: {
    en: 'The site states no least significant change for these quantities, so differences are not judged.',
    ja: '施設の最小有意変化が設定されていないため、差の判定は行いません。',
  },
  compareAll: { en: 'Compare every value', ja: 'すべての値を比較' },
  differentMethod: { en: 'not comparable: another recipe or unit', ja: '比較不可(計測法または単位が異なる)' },
  onlyHere: { en: 'only here', ja: '今回のみ' },
  caution: { en: 'Compare with care:', ja: '比較上の注意:' },
  cautionCalibration: { en: 'the calibrations differ', ja: '校正が異なる' },
  cautionLabels: { en: 'the labels come from another source', ja: 'ラベルの作成元が異なる' },
  cautionScan: { en: 'tube voltage, kernel or slice thickness differ', ja: '管電圧・再構成関数・スライス厚が異なる' },
  cautionSoftware: { en: 'another version measured', ja: '計測したバージョンが異なる' },
  nothingCommon: { en: 'No value of this part of the body was measured in both.', ja: '両方で計測された値がありません。' },

  downloads: { en: 'Downloads', ja: 'ダウンロード' },
  pdf: { en: 'PDF page', ja: 'PDF' },
  csv: { en: 'Table (CSV)', ja: '表 (CSV)' },
  sr: { en: 'DICOM SR', ja: 'DICOM SR' },
  seg: { en: 'DICOM SEG', ja: 'DICOM SEG' },
  openIn: { en: 'Open in', ja: '他で開く' },
  print: { en: 'Print', ja: '印刷' },
} satisfies Phrases;
