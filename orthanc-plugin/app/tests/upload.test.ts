// Every file that is dropped is accounted for, whatever it is.

import { ZipWriter, BlobReader, BlobWriter } from '@zip.js/zip.js';
import { expect, test } from 'vitest';
import { kindOfBytes } from '../src/upload/recognise';
import { run } from '../src/upload/run';
import type { Answer } from '../src/upload/send';
import { type Found, filesBelow, filesOf } from '../src/upload/walk';
import { entriesOf } from '../src/upload/zip';

const ascii = (text: string) => new TextEncoder().encode(text);

function dicom(tail = ''): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(132 + tail.length);
  bytes.set(ascii(`DICM${tail}`), 128);
  return bytes;
}

const file = (name: string, ...parts: BlobPart[]) => new File(parts, name);

async function zipped(entries: Record<string, Blob>, password?: string): Promise<Blob> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, ...(password ? { password } : {}) });
  for (const [name, content] of Object.entries(entries)) {
    await writer.add(name, new BlobReader(content));
  }
  return writer.close();
}

async function all(files: AsyncIterable<Found>): Promise<Found[]> {
  const found = [];
  for await (const one of files) {
    found.push(one);
  }
  return found;
}

test('files are known by their first bytes', () => {
  const bare = new Uint8Array([8, 0, 0, 0, 4, 0, 0, 0, 0x8c, 1, 0, 0]);
  const explicit = new Uint8Array([8, 0, 5, 0, 0x43, 0x53, 10, 0, ...ascii('ISO_IR 100')]);
  const kinds = [dicom(), bare, explicit, ascii('PK\x03\x04'), ascii('<html>'), ascii('\x08\x00garbage!'), new Uint8Array(0), new Uint8Array(4096)]
    .map((bytes) => kindOfBytes(bytes, 'a'));
  expect(kinds).toEqual(['dicom', 'dicom', 'dicom', 'zip', 'other', 'other', 'empty', 'other']);
  expect(kindOfBytes(dicom(), 'disc/DICOMDIR')).toBe('dicomdir');
});

/** Folders as a browser gives them: a hundred entries at a time. */
function folder(path: string, children: FileSystemEntry[]): FileSystemEntry {
  const batches = [children.slice(0, 100), children.slice(100, 200), children.slice(200)].filter((some) => some.length > 0);
  const readEntries = (give: (entries: FileSystemEntry[]) => void) => give(batches.shift() ?? []);
  return { isDirectory: true, isFile: false, fullPath: path, createReader: () => ({ readEntries }) } as unknown as FileSystemEntry;
}

function entry(path: string, content: File): FileSystemEntry {
  return { isDirectory: false, isFile: true, fullPath: path, file: (give: (file: File) => void) => give(content) } as unknown as FileSystemEntry;
}

test('folders are read to their end', async () => {
  const many = [...Array(250).keys()].map((number) => entry(`/a/${number}`, file(String(number), 'x')));
  const found = await all(filesBelow([folder('/a', [folder('/a/b', many), entry('/a/last', file('last', 'x'))])]));
  expect([found.length, found.at(-1)?.path, found[0]?.path]).toEqual([251, 'a/last', 'a/0']);
});

test('an archive is opened, and what cannot be sent says why', async () => {
  const inner = await zipped({ 'x.dcm': new Blob([dicom()]) });
  const archive = await zipped({ 'a/1.dcm': new Blob([dicom('one')]), 'b.txt': new Blob(['text']), 'inner.zip': inner });
  const found = await all(filesOf([file('study.zip', archive)]));
  expect(found.map(({ path }) => path)).toEqual(['study.zip/a/1.dcm', 'study.zip/b.txt', 'study.zip/inner.zip']);
  const first = found[0];
  expect(first && first.trouble === undefined && await (await first.open()).text()).toContain('DICMone');
  const locked = await all(entriesOf(await zipped({ 'c.dcm': new Blob([dicom()]) }, 'secret'), 'locked.zip'));
  expect(locked.map(({ trouble }) => trouble)).toEqual(['encrypted']);
  const cut = await all(entriesOf(archive.slice(0, archive.size - 40), 'cut.zip'));
  expect(cut.map(({ trouble }) => trouble)).toEqual(['brokenArchive']);
});

async function* given(files: File[]): AsyncGenerator<Found> {
  yield* filesOf(files);
}

test('a thousand files of garbage end in a list, a few requests at a time', async () => {
  const garbage = [...Array(1000).keys()].map((number) => file(`${number}.bin`, `garbage ${number}`));
  const images = [...Array(40).keys()].map((number) => file(`${number}.dcm`, dicom(String(number))));
  let open = 0;
  let most = 0;
  const answers: Answer[] = [
    { outcome: 'stored', study: 's' }, { outcome: 'duplicate', study: 's' },
    { outcome: 'refused', status: 400, details: 'Bad file format' }, { outcome: 'failed', status: 507, details: '' },
  ];
  const send = async (blob: Blob, _: AbortSignal, sent: (bytes: number) => void) => {
    open += 1;
    most = Math.max(most, open);
    sent(blob.size);
    await new Promise((resolve) => setTimeout(resolve, 1));
    open -= 1;
    return answers[Number((await blob.text()).slice(132)) % 4] as Answer;
  };
  const shares: number[] = [];
  const inner = await zipped({ 'x.dcm': new Blob([dicom()]) });
  const nested = await zipped({ 'inner.zip': inner });
  const tally = await run(given([...garbage, ...images, file('empty'), file('DICOMDIR', dicom()), file('nested.zip', nested)]), {
    signal: new AbortController().signal, changed: ({ bytesDone, bytesFound }) => shares.push(bytesDone / bytesFound), send,
  });
  expect(tally.counts).toEqual({ stored: 10, duplicate: 10, notDicom: 1002, refused: 10, failed: 11 });
  expect(tally.notes.notDicom.map(({ path }) => path)).toContain('999.bin');
  expect(tally.notes.failed.find(({ path }) => path === 'nested.zip/inner.zip')?.phrase).toBe('archiveInArchive');
  expect([tally.files, tally.studies.get('s'), tally.ended, tally.stopped]).toEqual([1043, 20, true, false]);
  expect(tally.bytesDone).toBe(tally.bytesFound);
  expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  expect(most).toBe(4);
});

test('an upload that is stopped says so and sends nothing more', async () => {
  const control = new AbortController();
  let sent = 0;
  const send = async (): Promise<Answer> => {
    sent += 1;
    control.abort();
    return { outcome: 'stored', study: 's' };
  };
  const tally = await run(given([...Array(50).keys()].map((number) => file(`${number}`, dicom()))), { signal: control.signal, changed: () => undefined, send });
  expect([tally.stopped, tally.ended, sent <= 5]).toEqual([true, true, true]);
});
