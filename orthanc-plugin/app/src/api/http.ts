// Requests to Orthanc, relative to this page, so that a prefix of a reverse proxy stays.

/** An answer that is none, with the server's own sentence where it gave one. */
export class Refusal extends Error {
  /** HTTP status; 0: the server did not answer. */
  readonly status: number;
  /** In English; empty where the server said nothing. */
  readonly details: string;

  constructor(status: number, details: string) {
    super(details || `HTTP status ${status}`);
    this.status = status;
    this.details = details;
  }
}

/** Orthanc's root as seen from `/bone-muscle/app/`. */
export function url(path: string): string {
  return `../../${path}`;
}

/** An identifier in a path; those of Orthanc need no escaping, and nothing else may add segments. */
export function segment(identifier: string): string {
  return encodeURIComponent(identifier);
}

/** The sentence in the body of an error of Orthanc. */
export function sentenceOf(body: string): string {
  try {
    const { Details, Message } = JSON.parse(body) as { Details?: unknown; Message?: unknown };
    return [Details, Message].find((text): text is string => typeof text === 'string' && text !== '') ?? '';
  } catch {
    return '';
  }
}

async function request(path: string, options: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url(path), { credentials: 'same-origin', cache: 'no-store', ...options });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      throw error;
    }
    throw new Refusal(0, '');
  }
  if (!response.ok) {
    throw new Refusal(response.status, sentenceOf(await response.text().catch(() => '')));
  }
  return response;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  const response = await request(path, signal ? { signal } : {});
  return (await response.json()) as T;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await request(path, { method: 'POST', body: JSON.stringify(body), ...(signal ? { signal } : {}) });
  return (await response.json()) as T;
}
