// An upload: files are found, recognised and sent, a few at a time, and every one of them is accounted for.

import { kindOf } from './recognise';
import { type Answer, send } from './send';
import type { Found } from './walk';

export type Outcome = 'stored' | 'duplicate' | 'notDicom' | 'refused' | 'failed';

/** Why a file is where it is: a phrase of the catalogue, or what the server said. */
export interface Note {
  path: string;
  phrase?: 'empty' | 'dicomdir' | 'unreadable' | 'brokenArchive' | 'encrypted' | 'archiveInArchive' | 'tooLargeInside';
  status?: number;
  details?: string;
}

export interface Tally {
  /** Whether all files were found. */
  walked: boolean;
  ended: boolean;
  stopped: boolean;
  files: number;
  bytesFound: number;
  bytesDone: number;
  counts: Record<Outcome, number>;
  /** The first of each, as many as a person may want to read. */
  notes: Record<Outcome, Note[]>;
  /** Instances of each study that was met. */
  studies: Map<string, number>;
}

/** Requests at a time: Orthanc writes to one disk, and a browser opens six connections. */
const AT_ONCE = 4;
const NOTES = 5000;

export function emptyTally(): Tally {
  const none = <T>(make: () => T): Record<Outcome, T> => ({
    stored: make(), duplicate: make(), notDicom: make(), refused: make(), failed: make(),
  });
  return {
    walked: false, ended: false, stopped: false, files: 0, bytesFound: 0, bytesDone: 0,
    counts: none(() => 0), notes: none(() => []), studies: new Map(),
  };
}

/** The world an upload touches. */
export interface Upload {
  signal: AbortSignal;
  /** Told after every change. */
  changed: (tally: Tally) => void;
  send?: typeof send;
}

export async function run(files: AsyncIterable<Found>, { signal, changed, send: sendOne = send }: Upload): Promise<Tally> {
  const tally = emptyTally();
  const pending = new Set<Promise<void>>();
  for await (const found of files) {
    if (signal.aborted) {
      break;
    }
    tally.bytesFound += found.size;
    const task = account(found, tally, (file, sent) => sendOne(file, signal, sent), () => changed(tally));
    pending.add(task);
    void task.then(() => pending.delete(task));
    if (pending.size >= AT_ONCE) {
      await Promise.race(pending);
    }
  }
  tally.walked = true;
  await Promise.all(pending);
  Object.assign(tally, { ended: true, stopped: signal.aborted });
  changed(tally);
  return tally;
}

type SendOne = (file: Blob, sent: (bytes: number) => void) => Promise<Answer>;

async function account(found: Found, tally: Tally, sendOne: SendOne, changed: () => void): Promise<void> {
  let counted = 0;
  const sent = (bytes: number) => {
    const known = Math.min(bytes, found.size);
    tally.bytesDone += known - counted;
    counted = known;
    changed();
  };
  const [outcome, note] = await treat(found, tally, (file) => sendOne(file, sent));
  tally.files += 1;
  tally.counts[outcome] += 1;
  if (tally.notes[outcome].length < NOTES) {
    tally.notes[outcome].push({ path: found.path, ...note });
  }
  sent(found.size);
}

async function treat(found: Found, tally: Tally, sendOne: (file: Blob) => Promise<Answer>): Promise<[Outcome, Omit<Note, 'path'>]> {
  if (found.trouble !== undefined) {
    return ['failed', { phrase: found.trouble }];
  }
  let file: Blob;
  try {
    file = await found.open();
    switch (await kindOf(file, found.path)) {
      case 'empty':
      case 'dicomdir':
        return ['notDicom', { phrase: file.size === 0 ? 'empty' : 'dicomdir' }];
      case 'zip':
        return ['failed', { phrase: 'archiveInArchive' }];
      case 'other':
        return ['notDicom', {}];
      case 'dicom':
    }
  } catch {
    return ['failed', { phrase: 'unreadable' }];
  }
  const answer = await sendOne(file);
  if ('study' in answer) {
    tally.studies.set(answer.study, (tally.studies.get(answer.study) ?? 0) + 1);
    return [answer.outcome, {}];
  }
  return [answer.outcome, { status: answer.status, details: answer.details }];
}
