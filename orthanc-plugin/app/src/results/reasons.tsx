// What was not measured, and why; and the sentences of gates.

import type { Finding } from '../api/report';
import { type Words, useWords } from '../words';
import { plain } from './format';
import { rowName } from './names';

interface Reason {
  code: string;
  reason: string;
  found: number | null;
  /** The quantities and criteria that are missing, and where. */
  missing: Map<string, { quantities: string; criteria: string; places: Set<string> }>;
}

/** One entry for each sentence: most of them speak of several regions. */
function reasonsOf(findings: Finding[], words: Words): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const finding of findings) {
    for (const one of finding.not_measured) {
      const { code, reason, found } = one;
      const said = reasons.get(`${code} ${reason}`) ?? { code, reason, found, missing: new Map() };
      reasons.set(`${code} ${reason}`, said);
      const quantities = one.quantities.map(words.column).join(', ');
      const criteria = one.criteria.map(words.criterion).join(', ');
      const missing = said.missing.get(`${quantities};${criteria}`) ?? { quantities, criteria, places: new Set() };
      said.missing.set(`${quantities};${criteria}`, missing);
      missing.places.add(rowName({ finding, region: one.region }, words));
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
        {reasons.map(({ code, reason, found, missing }) => (
          <li key={code + reason} data-code={code}>
            <Sentence code={code} english={reason} found={found} />
            <ul>
              {[...missing.values()].map(({ quantities, criteria, places }) => (
                <li key={quantities + criteria}>
                  <b>{[...places].join('; ')}</b> – {quantities}
                  {criteria && <span class="hint"> {words.results.criteriaNotApplied(criteria)}</span>}
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
