// The frame of the page, and what it says when a request fails.

import type { Phrases } from './phrase';

export const SHELL = {
  title: { en: 'BoneMuscle', ja: 'BoneMuscle' },
  skip: { en: 'Skip to content', ja: '本文へ移動' },
  pages: { en: 'Pages', ja: 'ページ' },
  studies: { en: 'Studies', ja: '検査' },
  queue: { en: 'Queue', ja: '待ち行列' },
  language: { en: 'Language', ja: '言語' },
  appearance: { en: 'Appearance', ja: '表示' },
  appearanceAuto: { en: 'As the system', ja: 'システムに合わせる' },
  appearanceLight: { en: 'Light', ja: '明るい' },
  appearanceDark: { en: 'Reading room', ja: '読影室(暗い)' },
  researchOnly: { en: 'Research use only. Not for diagnosis.', ja: '研究用。診断には使用できません。' },
  loading: { en: 'Loading', ja: '読み込み中' },
  tryAgain: { en: 'Try again', ja: '再試行' },
  notFoundPage: { en: 'There is no such page.', ja: 'このページはありません。' },
  backToStudies: { en: 'Back to the studies', ja: '検査一覧へ戻る' },
  serverSays: { en: 'The server says', ja: 'サーバーからの説明(英語)' },

  unreachable: {
    en: 'Orthanc does not answer. Check the connection, then try again.',
    ja: 'Orthancが応答しません。接続を確認して再試行してください。',
  },
  unauthorized: {
    en: 'Orthanc asks for a login. Log in to Orthanc, then reload this page.',
    ja: 'Orthancへのログインが必要です。ログイン後にこのページを再読み込みしてください。',
  },
  forbidden: {
    en: 'Your account may not do this. An administrator of this Orthanc can allow it.',
    ja: 'このアカウントには許可されていません。Orthancの管理者に確認してください。',
  },
  notFound: {
    en: 'This is no longer in the archive, or was never there.',
    ja: 'アーカイブに存在しません。',
  },
  conflict: {
    en: 'This is being measured already. Wait for its end, or cancel it.',
    ja: 'すでに計測中です。終了を待つか、中止してください。',
  },
  tooLarge: {
    en: 'The server refuses a file of this size. Its limit is set in the proxy in front of Orthanc.',
    ja: 'ファイルが大きすぎるためサーバーが拒否しました。上限はOrthanc前段のプロキシの設定によります。',
  },
  unmeasurable: {
    en: 'This cannot be measured. The reason names what would do.',
    ja: '計測できません。必要な条件は下記の説明をご覧ください。',
  },
  badRequest: { en: 'The server does not accept this request.', ja: 'サーバーがこの要求を受け付けません。' },
  unavailable: {
    en: 'Nothing can be measured now. The reason names what is missing on the server.',
    ja: '現在計測できません。サーバーに不足しているものは下記の説明をご覧ください。',
  },
  storageFull: {
    en: 'The storage of the server is full. Nothing more is stored until an administrator makes room.',
    ja: 'サーバーの保存領域が不足しています。管理者に連絡してください。',
  },
  serverFailed: {
    en: 'The server failed at this. Trying again may help; its log says more.',
    ja: 'サーバーでエラーが発生しました。再試行するか、サーバーのログを確認してください。',
  },
} satisfies Phrases;
