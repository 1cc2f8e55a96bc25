/** Counts of records as the bars of a histogram. */

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** How many days are in view at once. */
export const DAYS = 30;

/** One bar. */
export interface Bin {
  readonly start: number;
  readonly end: number;
  readonly ok: number;
  readonly denied: number;
  readonly failed: number;
}

/** How many records of an outcome an hour or day has. */
interface Counted {
  readonly start: string;
  readonly term: string | null;
  readonly records: number;
}

/** The bars from `begin` on, `count` of them, each of `step` milliseconds. */
export function binsOf(counts: readonly Counted[], begin: number, count: number, step: number) {
  const bins = Array.from({ length: count }, (_, index) => {
    const start = begin + index * step;
    return { start, end: start + step, ok: 0, denied: 0, failed: 0 };
  });
  for (const { start, term, records } of counts) {
    const bin = bins[Math.floor((Date.parse(start) - begin) / step)];
    if (bin === undefined) continue;
    if (term === "denied" || term === "failed") bin[term] += records;
    else bin.ok += records;
  }
  return bins;
}

export const hourBins = (counts: readonly Counted[], day: number): Bin[] =>
  binsOf(counts, day, 24, HOUR);

/** The bars of days that end with this one. */
export const dayBins = (counts: readonly Counted[], last: number): Bin[] =>
  binsOf(counts, last - (DAYS - 1) * DAY, DAYS, DAY);

export const dayOf = (time: number): number => Math.floor(time / DAY) * DAY;

export const sum = ({ ok, denied, failed }: Bin): number => ok + denied + failed;

/** A round number that a scale may end with, no less than the tallest bar. */
export function ceiling(tallest: number): number {
  if (tallest <= 10) return Math.max(tallest, 1);
  const power = 10 ** Math.floor(Math.log10(tallest));
  return ([1, 1.5, 2, 3, 4, 5, 6, 8].find((one) => one * power >= tallest) ?? 10) * power;
}

/** Whether a bar lies in the asked times, as far as they go. */
export const isIn = (bin: Bin, since: number, until: number): boolean =>
  bin.end > since && bin.start < until;

/** The day whose hours are shown: the last one of the asked times, or the newest. */
export function shownDay(since: string | null, until: string | null, newest: number): number {
  if (until !== null) return dayOf(Date.parse(until) - 1);
  if (since !== null) return Math.max(dayOf(Date.parse(since)), newest);
  return newest;
}
