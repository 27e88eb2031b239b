// Fetches and unpacks the CT and its labels beside the page, so that the page does not wait.

import { Centres } from './centres';
import { NiftiReader, type Volume } from './nifti';

export interface Order {
  url: string;
  kind: 'image' | 'labels';
  mostVoxels: number;
}

export type News =
  | { type: 'progress'; share: number }
  | { type: 'loaded'; volume: Volume; centres: Map<number, [number, number, number]> }
  | { type: 'failed'; status: number };

const port = self as unknown as { postMessage(news: News, transfer?: Transferable[]): void; onmessage: ((event: MessageEvent<Order>) => void) | null };

port.onmessage = ({ data }) => {
  load(data).catch((error: unknown) => port.postMessage({ type: 'failed', status: error instanceof Status ? error.status : 0 }));
};

class Status extends Error {
  readonly status: number;

  constructor(status: number) {
    super(String(status));
    this.status = status;
  }
}

const GZIP = 0x1f;

/** Service Unavailable: the server holds a question for a while, and then says that it is not ready. */
const NOT_YET = 503;
const MOST_QUESTIONS = 15;
const PAUSE_MS = 2000;

async function load({ url, kind, mostVoxels }: Order): Promise<void> {
  const response = await answer(url);
  if (!response.ok || !response.body) {
    throw new Status(response.status);
  }
  const centres = new Centres();
  const reader = new NiftiReader(mostVoxels, kind === 'labels' ? centres.watch : undefined);
  const all = Number(response.headers.get('Content-Length') ?? 0);
  for await (const chunk of chunks(await unpacked(told(response.body, all)))) {
    reader.push(chunk);
  }
  const volume = reader.end();
  const places = kind === 'labels' ? centres.millimetres(volume) : new Map();
  port.postMessage({ type: 'loaded', volume, centres: places }, [volume.header, volume.voxels]);
}

/** The server's answer; it is asked again while it says that the file is still being made. */
async function answer(url: string): Promise<Response> {
  for (let asked = 1; ; asked++) {
    const response = await fetch(url, { credentials: 'same-origin' });
    if (response.status !== NOT_YET || asked === MOST_QUESTIONS) {
      return response;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Says how much has come. */
function told(body: ReadableStream<Uint8Array<ArrayBuffer>>, all: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let come = 0;
  let said = 0;
  return body.pipeThrough(new TransformStream({
    transform(chunk, out) {
      come += chunk.length;
      if (all > 0 && come / all - said > 0.01) {
        said = come / all;
        port.postMessage({ type: 'progress', share: said });
      }
      out.enqueue(chunk);
    },
  }));
}

/** What a proxy or the browser has unpacked already is not unpacked twice. */
async function unpacked(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader();
  const first = await reader.read();
  const whole = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (out) => (first.value ? out.enqueue(first.value) : out.close()),
    async pull(out) {
      const { value, done } = await reader.read();
      return done ? out.close() : out.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return first.value?.[0] === GZIP ? whole.pipeThrough(new DecompressionStream('gzip')) : whole;
}

async function* chunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    if (value) {
      yield value;
    }
  }
}
