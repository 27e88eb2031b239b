// The images on the left.

import type { Phrases } from './phrase';

export const VIEWER = {
  images: { en: 'Images', ja: '画像' },
  canvas: {
    en: 'CT in three planes with labels. Arrow keys: slices of the chosen plane. Page Up and Page Down: ten slices. 0 to 3: planes.',
    ja: 'CTの三断面と領域ラベル。矢印キー: 選択断面のスライス移動。Page Up/Down: 10枚。0~3: 断面の切り替え。',
  },
  plane: { en: 'Plane', ja: '断面' },
  threePlanes: { en: 'Three planes', ja: '三断面' },
  axial: { en: 'Axial', ja: '横断' },
  coronal: { en: 'Coronal', ja: '冠状断' },
  sagittal: { en: 'Sagittal', ja: '矢状断' },
  window: { en: 'Window', ja: 'ウィンドウ' },
  bone: { en: 'Bone', ja: '骨' },
  softTissue: { en: 'Soft tissue', ja: '軟部' },
  muscleWindow: { en: 'Muscle and fat', ja: '筋・脂肪' },
  wide: { en: 'Everything', ja: '全範囲' },
  overlay: { en: 'Labels', ja: 'ラベル' },
  overlayOpacity: { en: 'Opacity of the labels', ja: 'ラベルの不透明度' },
  slice: { en: (plane: string) => `Slice, ${plane}`, ja: (plane: string) => `${plane}のスライス` },
  sliceOf: { en: (n: number, all: number) => `${n} of ${all}`, ja: (n: number, all: number) => `${n} / ${all}` },
  hover: { en: 'Point at the image to read structure and HU.', ja: '画像にカーソルを合わせると構造名とCT値を表示します。' },
  outside: { en: 'no label', ja: 'ラベルなし' },
  loading: { en: 'Loading the CT', ja: 'CTを読み込んでいます' },
  reduced: {
    en: (factor: number) => `Shown with one of ${factor} pixels along rows and columns, to suit this computer. Values were measured on all.`,
    ja: (factor: number) => `この端末に合わせて行・列の画素を1/${factor}に間引いて表示しています。計測はすべての画素で行いました。`,
  },
  noGraphics: {
    en: 'This browser offers no WebGL 2, so slices cannot be scrolled. The picture of the report is shown.',
    ja: 'このブラウザーはWebGL 2に対応していないため、スライスを表示できません。報告書の画像を表示しています。',
  },
  noImage: { en: 'The CT could not be shown. The picture of the report is shown.', ja: 'CTを表示できません。報告書の画像を表示しています。' },
  tooLarge: {
    en: 'This CT is too large for this browser. The picture of the report is shown.',
    ja: 'CTが大きすぎるため、このブラウザーでは表示できません。報告書の画像を表示しています。',
  },
  page: { en: 'Page of the report', ja: '報告書のページ' },
  pageOfReport: { en: 'First page of the report as an image; its values stand in the tables beside it.', ja: '報告書1ページ目の画像。値は隣の表に記載。' },
  find: { en: (name: string) => `Show ${name} in the images`, ja: (name: string) => `${name}を画像で表示` },
  legend: { en: 'Labelled structures', ja: 'ラベルのある構造' },
} satisfies Phrases;
