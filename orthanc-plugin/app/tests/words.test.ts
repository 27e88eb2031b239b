// Both languages say everything, and say it in the words of the PDF page.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { REGIONS, SIDES, STRUCTURES } from '../src/words/anatomy';
import { CATEGORIES, CRITERIA } from '../src/words/criteria';
import { GATES } from '../src/words/gates';
import { COLUMNS, QUANTITIES } from '../src/words/quantities';
import { TABLES, wordsOf } from '../src/words';

const core = (path: string) => readFileSync(new URL(`../../../plugin-core/src/${path}`, import.meta.url), 'utf8');

/** Variant to identifier of an enum that `named!` writes. */
function named(path: string, name: string): Map<string, string> {
  const text = core(path);
  const body = text.slice(text.indexOf(`${name} {`));
  return new Map([...body.slice(0, body.indexOf('\n    }\n')).matchAll(/(\w+) = "([^"]+)"/g)].map(([, variant = '', id = '']) => [variant, id]));
}

/** The phrases of a function of the page's words, by identifier. */
function phrases(path: string, name: string, ids: Map<string, string>): Record<string, { en: string; ja: string }> {
  const text = core(`results/page/words/${path}`);
  const body = text.slice(text.indexOf(`pub fn ${name}(`));
  const rows = body.slice(0, body.indexOf('\n}\n')).matchAll(/\w+::(\w+) => phrase\("([^"]*)", "([^"]*)"\)/g);
  return Object.fromEntries([...rows].map(([, variant = '', en = '', ja = '']) => [ids.get(variant), { en, ja }]));
}

const QUANTITY_IDS = named('report/quantity.rs', 'Quantity');

describe('what the report names has the words of the PDF page', () => {
  test.each([
    ['regions', REGIONS, phrases('anatomy.rs', 'region', named('report/quantity.rs', 'Region'))],
    ['quantities', QUANTITIES, phrases('quantities.rs', 'long', QUANTITY_IDS)],
    ['columns', COLUMNS, phrases('quantities.rs', 'short', QUANTITY_IDS)],
    ['criteria', CRITERIA, phrases('criteria.rs', 'criterion', named('report/assessment.rs', 'Criterion'))],
    ['categories', CATEGORIES, phrases('criteria.rs', 'category', named('report/assessment.rs', 'Category'))],
  ])('%s', (_, ours, theirs) => {
    expect(Object.keys(theirs).length).toBeGreaterThan(5);
    expect(ours).toEqual(theirs);
  });

  test('quantities: every one', () => {
    expect(Object.keys(QUANTITIES).sort()).toEqual([...QUANTITY_IDS.values()].sort());
  });

  test('structures', () => {
    const english = [...core('anatomy/structure.rs').matchAll(/^ {4}(\w+) "([a-z0-9_]+)" "([^"]+)"/gm)];
    const japanese = new Map([...core('results/page/words/anatomy.rs').matchAll(/Structure::(\w+) => "([^"]+)"/g)].map(([, key = '', ja = '']) => [key, ja]));
    expect(english.length).toBeGreaterThan(30);
    expect(STRUCTURES).toEqual(Object.fromEntries(english.map(([, variant = '', name = '', en = '']) => [name, { en, ja: japanese.get(variant) }])));
  });

  test('gates', () => {
    const ids = named('report/gate.rs', 'GateCode');
    const rows = [...core('results/page/words/gates.rs').matchAll(/GateCode::(\w+) => "([^"]+)"/g)];
    expect(rows.length).toBeGreaterThan(40);
    expect(GATES).toEqual(Object.fromEntries(rows.map(([, variant = '', ja = '']) => [ids.get(variant), ja])));
  });
});

describe('the interface', () => {
  const all = [...Object.entries(TABLES), ['SIDES', SIDES] as const].flatMap(([table, phrases]) =>
    Object.entries(phrases).map(([key, phrase]) => [`${table}.${key}`, phrase] as const));

  test('has the same phrases in both languages, none of them empty where the other is not', () => {
    for (const [name, { en, ja }] of all) {
      expect(typeof ja, name).toBe(typeof en);
      // The English report has sentences of its own for these limits.
      expect(ja, name).not.toBe('');
      expect(en === '', name).toBe(name.startsWith('RESULTS.limit'));
    }
  });

  test('is Japanese in Japanese', () => {
    const same = all.filter(([, { en, ja }]) => String(en) === String(ja)).map(([name]) => name);
    expect(same.sort()).toEqual([
      'PROVENANCE.instanceUid', 'PROVENANCE.seriesUid', 'PROVENANCE.studyUid', 'RESULTS.seg', 'RESULTS.sr', 'SHELL.title',
    ]);
  });
});

test('names that this page does not know stand as they are, also those of JavaScript itself', () => {
  const words = wordsOf('ja');
  expect([words.quantity('constructor'), words.structure('rib_7', 'left'), words.region('__proto__')]).toEqual(['constructor', '左 rib_7', '__proto__']);
  expect(words.gate('toString')).toBeUndefined();
});
