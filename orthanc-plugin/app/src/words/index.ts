// The words of the page in the language that was chosen.

import { createContext } from 'preact';
import { useContext, useMemo } from 'preact/hooks';
import { STRUCTURES, REGIONS, SIDES } from './anatomy';
import { CATEGORIES, CRITERIA } from './criteria';
import { GATES } from './gates';
import { MEASURE } from './measure';
import { type Language, spoken, word } from './phrase';
import { PROVENANCE } from './provenance';
import { COLUMNS, QUANTITIES } from './quantities';
import { RESULTS } from './results';
import { SHELL } from './shell';
import { STUDIES } from './studies';
import { UPLOAD } from './upload';
import { VIEWER } from './viewer';

export { LANGUAGES, type Language } from './phrase';

/** Every table of phrases; a test looks at each. */
export const TABLES = { SHELL, UPLOAD, STUDIES, MEASURE, RESULTS, PROVENANCE, VIEWER };

/** Everything the page can say in `language`. */
export function wordsOf(language: Language) {
  return {
    language,
    shell: spoken(SHELL, language),
    upload: spoken(UPLOAD, language),
    studies: spoken(STUDIES, language),
    measure: spoken(MEASURE, language),
    results: spoken(RESULTS, language),
    provenance: spoken(PROVENANCE, language),
    viewer: spoken(VIEWER, language),
    region: (name: string) => word(REGIONS, name, language),
    quantity: (name: string) => word(QUANTITIES, name, language),
    column: (name: string) => word({ ...QUANTITIES, ...COLUMNS }, name, language),
    criterion: (name: string) => word(CRITERIA, name, language),
    category: (name: string) => word(CATEGORIES, name, language),
    /** A structure with its side: `Iliopsoas, left`, `左 腸腰筋`. */
    structure: (name: string, side: string) => {
      const structure = word(STRUCTURES, name, language);
      if (side !== 'left' && side !== 'right') {
        return structure;
      }
      const said = word(SIDES, side, language);
      return language === 'ja' ? `${said} ${structure}` : `${structure}, ${said}`;
    },
    /** What a gate says, where the report's English sentence is not the reader's language. */
    gate: (code: string) => (language === 'ja' && Object.hasOwn(GATES, code) ? GATES[code] : undefined),
  };
}

export type Words = ReturnType<typeof wordsOf>;

export const LanguageContext = createContext<Language>('en');

export function useWords(): Words {
  const language = useContext(LanguageContext);
  return useMemo(() => wordsOf(language), [language]);
}
