import { useSyncExternalStore } from "react";

/** One clock for everything that says how long ago it was: it ticks while somebody looks at it. */
const TICK_MS = 1000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

function read(): number {
  // Nobody has looked for a while: the last tick is old.
  if (timer === undefined) now = Date.now();
  return now;
}

/** The time in milliseconds, by the second. */
export const useNow = (): number => useSyncExternalStore(subscribe, read);
