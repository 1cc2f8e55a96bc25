/** Whose colours something takes; `tokens.css` gives each of them five. */
export type Tone =
  | "pre-activation"
  | "active"
  | "suspended"
  | "deactivated"
  | "compromised"
  | "destroyed"
  | "denied"
  | "unreachable"
  | "accent"
  | "attention"
  | "neutral";
