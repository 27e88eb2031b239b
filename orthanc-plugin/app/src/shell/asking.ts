// Data that a component asks the server for.

import { useCallback, useEffect, useState } from 'preact/hooks';

export type Asked<T> = { state: 'waiting' } | { state: 'known'; value: T } | { state: 'failed'; error: unknown };

/** Asks when `key` changes, and drops answers to what is no longer asked. */
export function useAsked<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): [Asked<T>, () => void] {
  const [asked, setAsked] = useState<Asked<T>>({ state: 'waiting' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const control = new AbortController();
    const unlessLeft = (next: Asked<T>) => control.signal.aborted || setAsked(next);
    setAsked({ state: 'waiting' });
    ask(control.signal).then(
      (value) => unlessLeft({ state: 'known', value }),
      (error: unknown) => unlessLeft({ state: 'failed', error }),
    );
    return () => control.abort();
  }, [key, round]);
  return [asked, useCallback(() => setRound((before) => before + 1), [])];
}

/** The value, or `instead` while it is not known or where it could not be had. */
export function knownOr<T>(asked: Asked<T>, instead: T): T {
  return asked.state === 'known' ? asked.value : instead;
}
