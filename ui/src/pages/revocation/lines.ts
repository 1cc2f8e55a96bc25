/** Measured revocations as runs over one scale of seconds. */
import type { TimelineMark, TimelineRun } from "@/design";
import type { RevokeStepView, TimelineView } from "@/ipc";

/** A step of a revocation under way, and how many seconds after it was asked for this window heard of it. */
export interface Heard {
  readonly step: RevokeStepView;
  readonly at: number;
}

const between = (from: string, to: string) =>
  Math.max(0, (new Date(to).getTime() - new Date(from).getTime()) / 1000);

/** The marks that the log's records give. */
export function marksOf(line: TimelineView): TimelineMark[] {
  const marks: TimelineMark[] = [
    { name: line.cause === "denied" ? "denied" : "asked", at: 0, tone: "denied" },
    // A denial is the provider's first refusal itself: from its notice on, both refuse.
    {
      name: "locked",
      at: line.locked_after_ms / 1000,
      tone: line.cause === "denied" ? "active" : "suspended",
    },
  ];
  if (line.disabled_at !== null) {
    marks.push({
      name: "disabled",
      at: between(line.began_at, line.disabled_at),
      tone: "suspended",
    });
  }
  if (line.cause !== "denied" && line.first_refusal_at !== null) {
    marks.push({
      name: "first refusal",
      at: between(line.began_at, line.first_refusal_at),
      tone: "active",
    });
  }
  return marks;
}

/** The marks of one under way: what was heard, and dashed what is still to come, where it usually comes. */
export function marksHeard(
  heard: readonly Heard[],
  expected: readonly string[],
  past: readonly TimelineView[],
): TimelineMark[] {
  const marks: TimelineMark[] = [{ name: "asked", at: 0, tone: "denied" }];
  for (const { step, at } of heard) {
    if (step.step === "recorded") marks.push({ name: "locked", at, tone: "suspended" });
    if (step.step === "disabled") marks.push({ name: "disabled", at, tone: "suspended" });
    if (step.step === "first-refusal") marks.push({ name: "first refusal", at, tone: "active" });
  }
  return [...marks, ...pending(expected.slice(marks.length), past)];
}

/** What a revocation goes through, in order. */
export const course = (atProvider: boolean): readonly string[] =>
  atProvider ? ["asked", "locked", "disabled", "first refusal"] : ["asked", "locked"];

/** Marks that haven't happened, at the median of past revocations; left out where there is none. */
export function pending(names: readonly string[], past: readonly TimelineView[]): TimelineMark[] {
  return names.flatMap((name): TimelineMark[] => {
    const times = past
      .filter((line) => line.cause === "revoked")
      .flatMap((line) => marksOf(line).filter((mark) => mark.name === name))
      .map((mark) => mark.at);
    const at = median(times);
    return at === null ? [] : [{ name: `${name}, median`, at, tone: "neutral", pending: true }];
  });
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The end of a scale that has room for all marks and what follows the last. */
export function scaleEnd(runs: readonly Pick<TimelineRun, "marks" | "now">[]): number {
  const last = Math.max(
    0.01,
    ...runs.flatMap((run) => [run.now ?? 0, ...run.marks.map((mark) => mark.at)]),
  );
  const wanted = last * 1.25;
  const unit = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 3, 4, 5, 6, 8, 10].find((times) => times * unit >= wanted) ?? 10;
  return Number((step * unit).toPrecision(3));
}
