/** Whether the palette is open; the top bar, the keyboard and pages open it. */
import { useSyncExternalStore } from "react";

/** What it begins with; `null` while it is closed. */
let query: string | null = null;
const listeners = new Set<() => void>();

function become(next: string | null): void {
  query = next;
  for (const listener of listeners) listener();
}

export const openPalette = (begin = ""): void => become(begin);
export const closePalette = (): void => become(null);

export const usePaletteQuery = (): string | null =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => query,
  );
