import { useEffect, useState } from "react";

/** How often the mark at now moves. */
const TICK_MS = 60;

/** Seconds since a moment of `performance.now()`, while it is running. */
export function useElapsed(began: number | undefined): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    if (began === undefined) return undefined;
    const timer = setInterval(() => {
      setNow(performance.now());
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [began]);
  return began === undefined ? 0 : Math.max(0, (now - began) / 1000);
}
