// Studies in the archive, and the queue.

import type { Phrases } from './phrase';

export const STUDIES = {
  search: { en: 'Find a study', ja: '検査を探す' },
  patient: { en: 'Patient name or ID', ja: '患者名または患者ID' },
  from: { en: 'Study date from', ja: '検査日(開始)' },
  to: { en: 'to', ja: '検査日(終了)' },
  unmeasuredOnly: { en: 'Not yet measured only', ja: '未計測のみ' },
  find: { en: 'Search', ja: '検索' },
  found: {
    en: (n: string) => (n === '1' ? '1 study' : `${n} studies`),
    ja: (n: string) => `${n}件の検査`,
  },
  none: { en: 'No study fits. Try fewer words, or upload one above.', ja: '該当する検査がありません。条件を減らすか、アップロードしてください。' },
  emptyArchive: { en: 'The archive holds no CT and no radiograph yet. Upload some above.', ja: 'CT・X線画像がまだありません。上でアップロードしてください。' },
  more: { en: 'Show more', ja: 'さらに表示' },
  name: { en: 'Patient', ja: '患者' },
  id: { en: 'Patient ID', ja: '患者ID' },
  birth: { en: 'Born', ja: '生年月日' },
  sex: { en: 'Sex', ja: '性別' },
  date: { en: 'Study date', ja: '検査日' },
  description: { en: 'Description', ja: '検査内容' },
  modalities: { en: 'Modality', ja: 'モダリティ' },
  state: { en: 'Measurement', ja: '計測' },
  noName: { en: 'no name', ja: '氏名なし' },
  noDate: { en: 'no date', ja: '日付なし' },
  noDescription: { en: 'no description', ja: '記載なし' },
  notMeasured: { en: 'not yet measured', ja: '未計測' },
  queued: { en: 'waiting', ja: '待機中' },
  running: { en: 'being measured', ja: '計測中' },
  done: { en: 'measured', ja: '計測済み' },
  failed: { en: 'failed', ja: '失敗' },
  interrupted: { en: 'interrupted', ja: '中断' },

  automatic: { en: 'automatic', ja: '自動' },
  'back-fill': { en: 'back-fill', ja: '遡及計測' },

  queueTitle: { en: 'Queue', ja: '待ち行列' },
  queueEmpty: { en: 'Nothing waits and nothing is being measured.', ja: '待機中・計測中の検査はありません。' },
  position: { en: 'Position', ja: '順番' },
  now: { en: 'now', ja: '実行中' },
  study: { en: 'Study', ja: '検査' },
  progress: { en: 'Progress', ja: '進捗' },
  cancel: { en: 'Cancel', ja: '中止' },
  hidden: { en: 'a study that your account may not see', ja: '閲覧権限のない検査' },
} satisfies Phrases;
