// What to tell the user when a request fails.

import type { Words } from '../words';
import { Refusal } from './http';

/** Our sentence in the user's language, and the server's own where it gave one. */
export interface Explanation {
  sentence: string;
  details: string;
}

export function explain(error: unknown, words: Words): Explanation {
  if (!(error instanceof Refusal)) {
    return { sentence: words.shell.serverFailed, details: error instanceof Error ? error.message : '' };
  }
  return { sentence: sentence(error.status, words), details: error.details };
}

function sentence(status: number, { shell }: Words): string {
  switch (status) {
    case 0:
    case 502:
    case 504:
      return shell.unreachable;
    case 400:
      return shell.badRequest;
    case 401:
      return shell.unauthorized;
    case 403:
      return shell.forbidden;
    case 404:
      return shell.notFound;
    case 409:
      return shell.conflict;
    case 413:
      return shell.tooLarge;
    case 422:
      return shell.unmeasurable;
    case 503:
      return shell.unavailable;
    case 507:
      return shell.storageFull;
    default:
      return shell.serverFailed;
  }
}
