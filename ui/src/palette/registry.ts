/** What the palette can run. Pages add theirs while they are shown. */
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { IconName } from "@/design";

export interface PaletteAction {
  readonly id: string;
  readonly title: string;
  /** A few words after the title. */
  readonly note?: string;
  readonly icon: IconName;
  /** Keys that do the same. */
  readonly keys?: string;
  /** Why it can't be run now, such as `security officer only`; then it is shown and not run. */
  readonly refused?: string;
  /** Stands apart in colour. What is dangerous only ever opens its page. */
  readonly dangerous?: boolean;
  readonly run: () => void;
}

let live: readonly PaletteAction[] = [];
const listeners = new Set<() => void>();

function become(next: readonly PaletteAction[]): void {
  live = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

/** Adds actions for as long as the component is shown. `run` may change with every render. */
export function usePaletteActions(actions: readonly PaletteAction[]): void {
  const latest = useRef(actions);
  useEffect(() => {
    latest.current = actions;
  });
  const facts = JSON.stringify(actions);
  useEffect(() => {
    const mine = (JSON.parse(facts) as Omit<PaletteAction, "run">[]).map((one, index) => ({
      ...one,
      run: () => latest.current[index]?.run(),
    }));
    become([...live, ...mine]);
    return () => {
      become(live.filter((one) => !mine.includes(one)));
    };
  }, [facts]);
}

/** Every action that can be run now. */
export const usePaletteRegistry = (): readonly PaletteAction[] =>
  useSyncExternalStore(subscribe, () => live);
