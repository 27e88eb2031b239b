// What was not measured, and why; and the sentences of gates.

import type { Finding } from '../api/report';
import { type Words, useWords } from '../words';
import { plain } from './format';
import { rowName } from './names';

interface Reason {
  code: string;
  reason: string;
  found: number | null;
  /** Where, and which quantities and criteria. */
  about: Map<string, { quantities: Set<string>; criteria: Set<string> }>;
}

/** One entry for each sentence: most of them speak of several regions. */
function reasonsOf(findings: Finding[], words: Words): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const finding of findings) {
    for (const one of finding.not_measured) {
      const key = `${one.code} ${one.reason}`;
      const reason = reasons.get(key) ?? { code: one.code, reason: one.reason, found: one.found, about: new Map() };
      const place = rowName({ finding, region: one.region }, words);
      const about = reason.about.get(place) ?? { quantities: new Set(), criteria: new Set() };
      one.quantities.forEach((quantity) => about.quantities.add(words.column(quantity)));
      one.criteria.forEach((criterion) => about.criteria.add(words.criterion(criterion)));
      reason.about.set(place, about);
      reasons.set(key, reason);
    }
  }
  return [...reasons.values()];
}

export function NotMeasuredList({ findings }: { findings: Finding[] }) {
  const words = useWords();
  const reasons = reasonsOf(findings, words);
  return reasons.length === 0 ? null : (
    <>
      <h3>{words.results.notMeasured}</h3>
      <ul class="reasons" id="not-measured">
        {reasons.map((reason) => (
          <li key={reason.code + reason.reason} data-code={reason.code}>
            <Sentence code={reason.code} english={reason.reason} found={reason.found} />
            <ul>
              {[...reason.about].map(([place, { quantities, criteria }]) => (
                <li key={place}>
                  <b>{place}</b> {[...quantities].join(', ')}
                  {criteria.size > 0 && <span class="hint"> {words.results.criteriaNotApplied([...criteria].join(', '))}</span>}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a gate says: the report's sentence, and before it ours where the reader's language is another. */
export function Sentence({ code, english, found }: { code: string; english: string; found: number | null }) {
  const words = useWords();
  const translated = words.gate(code);
  if (translated === undefined) {
    return <p class="sentence"><span lang="en">{english}</span> <code>{code}</code></p>;
  }
  return (
    <p class="sentence">
      {translated}{found !== null && ` (${words.results.figure(plain(found))})`} <code>{code}</code>
      <details class="original"><summary>{words.results.englishOriginal}</summary><span lang="en">{english}</span></details>
    </p>
  );
}
