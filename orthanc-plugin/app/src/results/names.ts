// What findings and their rows are called.

import type { Finding } from '../api/report';
import type { Words } from '../words';
import type { Row } from './sections';

/** As the table of labels calls it. */
export function labelName({ structure, side }: Finding): string {
  return side === 'none' ? structure : `${structure}_${side}`;
}

export function structureOf(finding: Finding, words: Words): string {
  return words.structure(finding.structure, finding.side);
}

export function rowName({ finding, region }: Row, words: Words): string {
  const structure = structureOf(finding, words);
  return region === undefined || region === 'whole' ? structure : `${structure}: ${words.region(region)}`;
}
