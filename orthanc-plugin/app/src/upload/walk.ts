// Files of what was dropped or chosen, one after another: folders and archives are opened while the first files are sent.

import { kindOf } from './recognise';
import type { Trouble } from './zip';

/** One file, or why there is none to send. */
export type Found =
  | { path: string; size: number; open: () => Promise<Blob>; trouble?: undefined }
  | { path: string; size: number; trouble: Trouble };

/** What a drop holds, read at once: the browser empties the list when the event ends. */
export function dropped(transfer: DataTransfer): FileSystemEntry[] {
  return [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
}

/** Files below `entries`. */
export async function* filesBelow(entries: readonly FileSystemEntry[]): AsyncGenerator<Found> {
  for (const entry of entries) {
    const path = entry.fullPath.replace(/^\//, '');
    if (entry.isDirectory) {
      yield* filesInFolder(entry as FileSystemDirectoryEntry, path);
    } else {
      yield* filesInEntry(entry as FileSystemFileEntry, path);
    }
  }
}

async function* filesInFolder(folder: FileSystemDirectoryEntry, path: string): AsyncGenerator<Found> {
  const reader = folder.createReader();
  try {
    // A reader gives a hundred or so at a time, and none when it is at the end.
    for (let some = await read(reader); some.length > 0; some = await read(reader)) {
      yield* filesBelow(some);
    }
  } catch {
    yield { path, size: 0, trouble: 'unreadable' };
  }
}

function read(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function* filesInEntry(entry: FileSystemFileEntry, path: string): AsyncGenerator<Found> {
  try {
    yield* opened(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)), path);
  } catch {
    yield { path, size: 0, trouble: 'unreadable' };
  }
}

/** Files that were chosen in a dialogue. */
export async function* filesOf(files: readonly File[]): AsyncGenerator<Found> {
  for (const file of files) {
    yield* opened(file, file.webkitRelativePath || file.name);
  }
}

/** A file as it is, or what an archive holds. */
async function* opened(file: File, path: string): AsyncGenerator<Found> {
  let kind: Awaited<ReturnType<typeof kindOf>>;
  try {
    kind = await kindOf(file, path);
  } catch {
    yield { path, size: file.size, trouble: 'unreadable' };
    return;
  }
  if (kind === 'zip') {
    // Most uploads hold no archive, and the page is there sooner without this.
    const { entriesOf } = await import('./zip');
    yield* entriesOf(file, path);
  } else {
    yield { path, size: file.size, open: () => Promise.resolve(file) };
  }
}
