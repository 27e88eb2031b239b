// Asking again and again, while somebody looks.

import { useEffect, useRef } from 'preact/hooks';

/** Calls `act` now and `pause` milliseconds after each end of it. */
export function useRepeated(pause: number, act: (signal: AbortSignal) => Promise<unknown>): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const control = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const round = async () => {
      if (!document.hidden) {
        await latest.current(control.signal).catch(() => undefined);
      }
      if (!control.signal.aborted) {
        timer = setTimeout(() => void round(), pause);
      }
    };
    void round();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [pause]);
}
