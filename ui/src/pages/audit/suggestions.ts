/** What the filter's field offers while something is typed into it. */
import { type AuditFilter, typed, words } from "./filter";

/** What can be chosen: a condition, the beginning of one, or a record to go to. */
export interface Suggestion {
  readonly label: string;
  readonly note?: string;
  readonly adds?: Partial<AuditFilter>;
  readonly begins?: string;
  readonly goes?: number;
}

/** The words that conditions are known to take. */
export interface Known {
  readonly tenants: readonly string[];
  readonly actions: readonly string[];
  readonly outcomes: readonly string[];
}

const notes = {
  tenant: "whose keys or data",
  key: "rk:TENANT/NUMBER or dk:TENANT/DATASET/VERSION",
  action: "what was done",
  outcome: "how it ended",
  actor: "who did it",
} as const;

/** How many values are offered at most. */
const MOST = 8;

export function suggestions(text: string, known: Known, now: number): Suggestion[] {
  const value = text.trim();
  if (value === "") return [...beginnings(""), ...times(now)];
  const [, field, part = ""] = /^([a-z]+)\s*:\s*(.*)$/.exec(value) ?? [];
  const word = words.find((one) => one === field);
  if (word !== undefined) {
    const values = valuesOf(word, known).filter((one) => one.includes(part));
    const whole = part !== "" && !values.includes(part) && (word === "key" || word === "actor");
    return [
      ...(whole ? [{ label: `${word}: ${part}`, adds: { [word]: part } }] : []),
      ...values.slice(0, MOST).map((one) => ({ label: `${word}: ${one}`, adds: { [word]: one } })),
    ];
  }
  const number = /^\d[\d \u202f]*$/.test(value) ? Number(value.replace(/\D/g, "")) : undefined;
  const conditions = (["tenant", "action", "outcome"] as const).flatMap((one) =>
    valuesOf(one, known)
      .filter((known) => known.includes(value))
      .map((known) => ({ label: `${one}: ${known}`, adds: { [one]: known } })),
  );
  return [
    ...(number === undefined ? [] : [{ label: `record ${String(number)}`, goes: number }]),
    { label: `“${value}”`, note: "records with these words", adds: typed(value) },
    ...conditions.slice(0, MOST),
    ...beginnings(value),
  ];
}

function valuesOf(field: (typeof words)[number], known: Known): readonly string[] {
  switch (field) {
    case "tenant":
      return known.tenants;
    case "action":
      return known.actions;
    case "outcome":
      return known.outcomes;
    case "key":
    case "actor":
      return [];
  }
}

const beginnings = (start: string): Suggestion[] =>
  words
    .filter((word) => word.startsWith(start))
    .map((word) => ({ label: `${word}:`, note: notes[word], begins: `${word}:` }));

const hour = 3_600_000;

function times(now: number): Suggestion[] {
  const since = (label: string, length: number) => ({
    label,
    adds: { since: new Date(now - length).toISOString(), until: null },
  });
  return [
    since("the last hour", hour),
    since("the last 24 hours", 24 * hour),
    since("the last 7 days", 7 * 24 * hour),
  ];
}
