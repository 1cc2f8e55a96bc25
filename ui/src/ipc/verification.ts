/**
 * Verifying the whole log: it goes on while pages change, so it lives beside them. What it found is
 * this window's own finding, with its time, and is forgotten when the workspace is locked.
 */
import { useSyncExternalStore } from "react";
import { call } from "./call";
import { Channel, commands, type Progress, type VerifiedView } from "./commands";
import { type CommandError, failureOf } from "./failure";

export type Verification =
  | { readonly at: "never" }
  | { readonly at: "running"; readonly progress: Progress | null }
  | { readonly at: "verified"; readonly time: string; readonly found: VerifiedView }
  | { readonly at: "failed"; readonly time: string; readonly failure: CommandError };

const never: Verification = { at: "never" };
let current: Verification = never;
let run = 0;
const listeners = new Set<() => void>();

function become(next: Verification): void {
  current = next;
  for (const listener of listeners) listener();
}

/** Verifies the log, unless that is under way already. */
export async function verifyLog(searchIndex = false): Promise<void> {
  if (current.at === "running") return;
  const mine = ++run;
  become({ at: "running", progress: null });
  const progress = new Channel<Progress>();
  progress.onmessage = (message) => {
    if (mine === run && current.at === "running") become({ at: "running", progress: message });
  };
  let next: Verification;
  try {
    const found = await call(commands.auditVerify(searchIndex, progress));
    next = { at: "verified", time: new Date().toISOString(), found };
  } catch (caught) {
    next = { at: "failed", time: new Date().toISOString(), failure: failureOf(caught) };
  }
  if (mine === run) become(next);
}

/** Forgets the finding: another workspace may be open next. */
export function forgetVerification(): void {
  run += 1;
  become(never);
}

/** What verifying found last, or how far it is. */
export const useVerification = (): Verification =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
