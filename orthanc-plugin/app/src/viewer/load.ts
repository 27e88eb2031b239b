// The page's side of the loading worker.

import type { News, Order } from './load.worker';

export type Loaded = Extract<News, { type: 'loaded' }>;

/** The server could not give it; 0 where the file is not what it should be. */
export class LoadError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`status ${status}`);
    this.status = status;
  }
}

export function load(order: Order, signal: AbortSignal, progress: (share: number) => void): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./load.worker.ts', import.meta.url), { type: 'module' });
    const end = () => {
      worker.terminate();
      signal.removeEventListener('abort', aborted);
    };
    const aborted = () => {
      end();
      reject(new LoadError(0));
    };
    signal.addEventListener('abort', aborted);
    worker.onerror = aborted;
    worker.onmessage = ({ data }: MessageEvent<News>) => {
      if (data.type === 'progress') {
        progress(data.share);
        return;
      }
      end();
      if (data.type === 'loaded') {
        resolve(data);
      } else {
        reject(new LoadError(data.status));
      }
    };
    worker.postMessage(order);
  });
}

const LARGE = 512 * 512 * 520;
const MEDIUM = 512 * 512 * 256;
const SMALL = 512 * 512 * 128;

/** Voxels of which two textures of four bytes each fit: 1 GB where the browser says that the computer has 8 GB, else half. A computer
 * that draws without a graphics card has the memory, but not the time. */
export function mostVoxels(hasGraphicsCard: boolean): number {
  const { deviceMemory = 4 } = navigator as Navigator & { deviceMemory?: number };
  return hasGraphicsCard ? (deviceMemory >= 8 ? LARGE : MEDIUM) : SMALL;
}
