// Which page is shown: the part of the address behind `#`, which never leaves the browser.

import { useEffect, useState } from 'preact/hooks';
import type { Resource } from '../api/measurements';

export type Route = { page: 'studies' } | { page: 'queue' } | { page: 'result'; resource: Resource } | { page: 'unknown' };

/** Identifiers of Orthanc, and nothing that could lead elsewhere. */
const RESULT = /^#\/(studies|series)\/([0-9a-f]{8}(?:-[0-9a-f]{8}){4})$/;

export function routeOf(hash: string): Route {
  if (hash === '' || hash === '#' || hash === '#/') {
    return { page: 'studies' };
  }
  if (hash === '#/queue') {
    return { page: 'queue' };
  }
  const [, kind, id] = RESULT.exec(hash) ?? [];
  return (kind === 'studies' || kind === 'series') && id !== undefined
    ? { page: 'result', resource: { kind, id } }
    : { page: 'unknown' };
}

export function linkTo(resource: Resource): string {
  return `#/${resource.kind}/${resource.id}`;
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return routeOf(hash);
}
