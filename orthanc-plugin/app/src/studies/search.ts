// Studies that fit, a page at a time.

import { type Study, type Wanted, findStudies } from '../api/archive';
import { isMeasured } from '../api/measurements';

export interface Search extends Wanted {
  unmeasuredOnly: boolean;
}

export interface Found {
  studies: Study[];
  /** Where to go on; none at the end. */
  next: number | undefined;
}

const PAGE = 25;
/** Studies that one request of the user looks through for unmeasured ones. */
const LOOK_THROUGH = 500;

export async function search(wanted: Search, since: number, signal: AbortSignal): Promise<Found> {
  const studies: Study[] = [];
  let next = since;
  while (studies.length < PAGE && next - since < LOOK_THROUGH) {
    const some = await findStudies(wanted, next, PAGE, signal);
    studies.push(...(wanted.unmeasuredOnly ? await unmeasured(some, signal) : some));
    if (some.length < PAGE) {
      return { studies, next: undefined };
    }
    next += PAGE;
  }
  return { studies, next };
}

async function unmeasured(studies: readonly Study[], signal: AbortSignal): Promise<Study[]> {
  const measured = await Promise.all(studies.map(({ ID }) => isMeasured({ kind: 'studies', id: ID }, signal)));
  return studies.filter((_, index) => !measured[index]);
}
