// Phrases in both languages: a table with one language missing does not compile.

export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The same in every language; `T` is a string, or a function that puts something into one. */
export type InEveryLanguage<T> = { readonly [L in Language]: T };

export type Table = Readonly<Record<string, InEveryLanguage<string>>>;

type Said = string | ((...parts: never[]) => string);
export type Phrases = Readonly<Record<string, InEveryLanguage<Said>>>;

/** A table of phrases in one language. */
export type Spoken<P extends Phrases> = { readonly [K in keyof P]: P[K]['en'] };

export function spoken<P extends Phrases>(phrases: P, language: Language): Spoken<P> {
  return Object.fromEntries(Object.entries(phrases).map(([key, phrase]) => [key, phrase[language]])) as Spoken<P>;
}

/** The word for `name`; a name that a newer server sends stands as it is. */
export function word(table: Table, name: string, language: Language): string {
  return Object.hasOwn(table, name) ? (table[name]?.[language] ?? name) : name;
}
