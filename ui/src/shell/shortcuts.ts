/** Keys that do something now. Pages add theirs while they are shown; `?` lists all of them. */
import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Shortcut {
  /** One key (`r`, `Escape`, `?`) or two in a row (`g o`). Letters without Ctrl, Alt or Meta. */
  readonly keys: string;
  readonly label: string;
  /** Under which heading it is listed. */
  readonly group: string;
}

interface Live extends Shortcut {
  readonly run: () => void;
}

/** How long the second key of two may take. */
const SECOND_KEY_MS = 1200;

let live: readonly Live[] = [];
let first: { key: string; at: number } | null = null;
const listeners = new Set<() => void>();

function become(next: readonly Live[]): void {
  live = next;
  for (const listener of listeners) listener();
}

/** Whether keys are being typed into something, or belong to a dialog. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[role=dialog], [role=menu], [role=listbox]") !== null) return true;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Runs what a key stands for, and tells whether it stood for anything. */
export function press(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (isTaken(event.target)) return false;
  const before = first !== null && event.timeStamp - first.at < SECOND_KEY_MS ? first.key : null;
  first = null;
  const sequence = before === null ? event.key : `${before} ${event.key}`;
  // The newest wins: a page's own key goes before the shell's.
  const found = live.findLast((one) => one.keys === sequence);
  if (found !== undefined) {
    event.preventDefault();
    found.run();
    return true;
  }
  if (before === null && live.some((one) => one.keys.startsWith(`${event.key} `))) {
    first = { key: event.key, at: event.timeStamp };
  }
  return false;
}

window.addEventListener("keydown", press);

/** Adds keys for as long as the component is shown. `run` may change with every render. */
export function useShortcuts(added: readonly (Shortcut & { run: () => void })[]): void {
  const latest = useRef(added);
  useEffect(() => {
    latest.current = added;
  });
  const names = JSON.stringify(added.map(({ keys, label, group }) => ({ keys, label, group })));
  useEffect(() => {
    const mine = (JSON.parse(names) as Shortcut[]).map((one, index) => ({
      ...one,
      run: () => latest.current[index]?.run(),
    }));
    become([...live, ...mine]);
    return () => {
      become(live.filter((one) => !mine.includes(one)));
    };
  }, [names]);
}

/** Every key that does something now. */
export const useLiveShortcuts = (): readonly Shortcut[] =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => live,
  );
