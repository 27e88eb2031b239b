// What a user chose for this browser: language and appearance. Nothing about patients is kept.

import { useEffect, useState } from 'preact/hooks';
import { LANGUAGES, type Language } from '../words';

export const APPEARANCES = ['auto', 'light', 'dark'] as const;
export type Appearance = (typeof APPEARANCES)[number];

const PREFIX = 'bone-muscle.';

function kept<T extends string>(key: string, allowed: readonly T[]): T | undefined {
  try {
    const value = localStorage.getItem(PREFIX + key);
    return allowed.find((one) => one === value);
  } catch {
    return undefined;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

function browserLanguage(): Language {
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

export interface Preferences {
  language: Language;
  appearance: Appearance;
  setLanguage: (language: Language) => void;
  setAppearance: (appearance: Appearance) => void;
}

export function usePreferences(): Preferences {
  const [language, setLanguage] = useState<Language>(() => kept('language', LANGUAGES) ?? browserLanguage());
  const [appearance, setAppearance] = useState<Appearance>(() => kept('appearance', APPEARANCES) ?? 'auto');
  useEffect(() => {
    document.documentElement.lang = language;
    keep('language', language);
  }, [language]);
  useEffect(() => {
    document.documentElement.dataset['appearance'] = appearance;
    keep('appearance', appearance);
  }, [appearance]);
  return { language, appearance, setLanguage, setAppearance };
}
