import type { IconName } from "./icons";
import type { Tone } from "./tones";

/** How a word of the engine is shown. */
export interface Shown {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  readonly dashed?: boolean;
}

const shown = (tone: Tone, icon: IconName, word: string, dashed = false): Shown => ({
  tone,
  icon,
  word,
  dashed,
});

/** States of keys (NIST SP 800-57) and tenants, then the conditions that a provider reports. */
const states: ReadonlyMap<string, Shown> = new Map([
  ["pre-activation", shown("pre-activation", "pre-activation", "pre-activation")],
  ["active", shown("active", "active", "active")],
  ["suspended", shown("suspended", "suspended", "suspended")],
  ["deactivated", shown("deactivated", "deactivated", "deactivated")],
  ["compromised", shown("compromised", "compromised", "compromised")],
  ["destroyed", shown("destroyed", "destroyed", "destroyed")],
  ["pending", shown("pre-activation", "pre-activation", "pending")],
  ["revoked", shown("denied", "revocation", "revoked")],
  ["offboarded", shown("destroyed", "destroyed", "offboarded")],
  ["denied", shown("denied", "denied", "denied", true)],
  ["unreachable", shown("unreachable", "unreachable", "unreachable", true)],
]);

/** Outcomes of records, challenges and jobs: a state's colour, never its word. */
const outcomes: ReadonlyMap<string, Shown> = new Map([
  ["ok", shown("active", "active", "ok")],
  ["denied", shown("denied", "denied", "refused")],
  ["failed", shown("compromised", "close", "failed")],
  ["intent", shown("neutral", "waiting", "intent")],
  ["unreachable", shown("unreachable", "unreachable", "unreachable")],
  ["open", shown("accent", "clock", "open")],
  ["passed", shown("active", "active", "passed")],
  ["expired", shown("attention", "clock", "expired")],
  ["running", shown("accent", "running", "running")],
  ["paused", shown("attention", "pause", "paused")],
  ["done", shown("active", "active", "done")],
  ["cancelled", shown("neutral", "stop", "cancelled")],
]);

/** A word that isn't known here is shown as it is, in no state's colour. */
const asItIs = (word: string): Shown => shown("neutral", "info", word);

export const stateShown = (state: string): Shown => states.get(state) ?? asItIs(state);
export const outcomeShown = (outcome: string): Shown => outcomes.get(outcome) ?? asItIs(outcome);
