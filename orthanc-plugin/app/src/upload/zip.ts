// Entries of a ZIP archive, unpacked one at a time: the directory at its end is read first, so size does not matter.

import { BlobReader, BlobWriter, type FileEntry, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import type { Found } from './walk';

/** The browser unpacks by itself; a worker of the library would be made from a string, which the page's policy forbids. */
const OPTIONS = { useWebWorkers: false, useCompressionStream: true };

/** Why a file cannot be sent. */
export type Trouble = 'unreadable' | 'brokenArchive' | 'encrypted' | 'archiveInArchive' | 'tooLargeInside';

/** What one entry may unpack to: more than any instance that Orthanc takes (4 GB). */
const LARGEST_ENTRY = 4e9;

export async function* entriesOf(archive: Blob, path: string): AsyncGenerator<Found> {
  const reader = new ZipReader(new BlobReader(archive), OPTIONS);
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (!entry.directory) {
        yield found(entry, `${path}/${entry.filename}`);
      }
    }
  } catch {
    yield { path, size: archive.size, trouble: 'brokenArchive' };
  } finally {
    await reader.close();
  }
}

function found(entry: FileEntry, path: string): Found {
  const size = entry.uncompressedSize;
  if (entry.encrypted) {
    return { path, size, trouble: 'encrypted' };
  }
  if (size > LARGEST_ENTRY) {
    return { path, size, trouble: 'tooLargeInside' };
  }
  return { path, size, open: () => unpacked(entry) };
}

/** Stops a directory that states another size than its entry has from filling the memory. */
async function unpacked(entry: FileEntry): Promise<Blob> {
  const limit = new AbortController();
  const writer = new BlobWriter();
  return entry.getData(writer, {
    signal: limit.signal,
    onprogress: () => {
      if (writer.size > LARGEST_ENTRY) {
        limit.abort();
      }
      return undefined;
    },
  });
}
