import type { Data } from "@/ipc";

type Count = Data<"auditCounts">[number];

/** One bar: how many operations of each outcome an hour or day has. */
export interface Bar {
  readonly start: number;
  readonly ok: number;
  readonly denied: number;
  readonly failed: number;
}

/** How far back the chart looks, and how long each bar is. */
export const spans = {
  day: { hours: 24, step: "hour", length: 3_600_000 },
  week: { hours: 24 * 7, step: "hour", length: 3_600_000 },
  quarter: { hours: 24 * 100, step: "day", length: 86_400_000 },
} as const;

export type Span = keyof typeof spans;

/** Bars without a gap from the beginning of the span to now: an hour without a record is a bar of nothing. */
export function bars(counts: readonly Count[], span: Span, now: number): Bar[] {
  const { hours, length } = spans[span];
  const last = Math.floor(now / length) * length;
  const first = last - hours * 3_600_000 + length;
  const found = new Map<number, { ok: number; denied: number; failed: number }>();
  for (const count of counts) {
    const start = Math.floor(Date.parse(count.start) / length) * length;
    const bar = found.get(start) ?? { ok: 0, denied: 0, failed: 0 };
    if (count.term === "denied") bar.denied += count.records;
    else if (count.term === "failed") bar.failed += count.records;
    // An intent is the first half of what its outcome's record counts.
    else if (count.term === "ok") bar.ok += count.records;
    found.set(start, bar);
  }
  const all: Bar[] = [];
  for (let start = first; start <= last; start += length)
    all.push({ start, ...(found.get(start) ?? { ok: 0, denied: 0, failed: 0 }) });
  return all;
}

/** The next round number at or above a value: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}
