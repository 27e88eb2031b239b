// Upload.

import type { Phrases } from './phrase';

export const UPLOAD = {
  upload: { en: 'Upload', ja: 'アップロード' },
  dropHere: { en: 'Drop DICOM files, folders or ZIP archives here', ja: 'DICOMファイル、フォルダー、ZIPをここにドロップ' },
  orChoose: { en: 'or choose them:', ja: 'または選択:' },
  chooseFiles: { en: 'Files or ZIP', ja: 'ファイル・ZIP' },
  chooseFolder: { en: 'Folder', ja: 'フォルダー' },
  stop: { en: 'Stop', ja: '停止' },
  uploading: { en: 'Uploading', ja: 'アップロード中' },
  progress: {
    en: (done: string, found: string, files: string) => `${files} files looked at, ${done} of ${found}`,
    ja: (done: string, found: string, files: string) => `${files}件を確認、${found}中${done}`,
  },
  stillLooking: { en: 'still looking for files', ja: 'ファイルを検索中' },
  finished: { en: 'Upload finished', ja: 'アップロード完了' },
  stopped: { en: 'Upload stopped', ja: 'アップロードを停止しました' },
  nothingFound: { en: 'No file was found in what you dropped.', ja: 'ファイルが見つかりませんでした。' },
  stored: { en: 'Stored', ja: '保存' },
  duplicate: { en: 'Already stored, nothing changed', ja: '保存済み(変更なし)' },
  notDicom: { en: 'Not DICOM, left out', ja: 'DICOMではないため除外' },
  refused: { en: 'Refused by Orthanc', ja: 'Orthancが拒否' },
  failed: { en: 'Not uploaded', ja: '未送信' },
  count: { en: (n: string) => (n === '1' ? '1 file' : `${n} files`), ja: (n: string) => `${n}件` },
  more: { en: (n: string) => `and ${n} more`, ja: (n: string) => `ほか${n}件` },
  studiesHere: { en: 'Studies uploaded', ja: 'アップロードした検査' },
  instances: { en: (n: string) => (n === '1' ? '1 image' : `${n} images`), ja: (n: string) => `画像${n}枚` },
  open: { en: 'Open', ja: '開く' },
  empty: { en: 'empty file', ja: '空のファイル' },
  dicomdir: { en: 'directory of a disc, holds no image', ja: 'ディスクの目録(画像なし)' },
  archiveInArchive: { en: 'archive inside an archive: unpack it first', ja: 'ZIP内のZIP: 先に展開してください' },
  encrypted: { en: 'protected with a password: unpack it first', ja: 'パスワード保護: 先に展開してください' },
  brokenArchive: { en: 'this ZIP archive is broken or incomplete', ja: 'ZIPが破損しているか不完全です' },
  tooLargeInside: { en: 'unpacks to more than 4 GB: unpack it first', ja: '展開後4 GBを超えます: 先に展開してください' },
  unreadable: { en: 'the browser cannot read this file', ja: 'ブラウザーで読み込めません' },
  leaving: { en: 'The upload has not ended.', ja: 'アップロードが終了していません。' },
} satisfies Phrases;
