import type { ReactNode } from "react";
import type { Tone } from "../tones";

/** A moment of a run, in seconds from its beginning. */
export interface TimelineMark {
  readonly name: string;
  readonly at: number;
  readonly tone: Tone;
  /** It hasn't happened: where it usually does. */
  readonly pending?: boolean;
}

export interface TimelineRun {
  readonly id: string;
  readonly title: ReactNode;
  readonly note?: ReactNode;
  /** In their order. Each colours the bar from itself to the next one. */
  readonly marks: readonly TimelineMark[];
  /** A run under way: how far it is, in seconds. */
  readonly now?: number | undefined;
  readonly result?: ReactNode;
}

interface Bar {
  readonly from: number;
  readonly to: number;
  readonly tone: Tone;
  readonly pending: boolean;
}

interface PlacedMark extends TimelineMark {
  readonly pending: boolean;
  /** On which side of its line the name stands. */
  readonly side: "left" | "right";
  readonly line: "above" | "below" | "lower";
}

export interface Lane {
  readonly bars: readonly Bar[];
  readonly marks: readonly PlacedMark[];
}

/** How wide a letter of a name is at most, in pixels. */
const LETTER = 6;

/** Where the bars and names of a run lie, on a scale of so many pixels. */
export function laneOf({ marks, now }: TimelineRun, end: number, width: number): Lane {
  const known = marks.filter((mark) => mark.pending !== true);
  const reached = now ?? end;
  const bars: Bar[] = known.map((mark, index) => ({
    from: mark.at,
    to: known[index + 1]?.at ?? Math.max(reached, mark.at),
    tone: mark.tone,
    pending: false,
  }));
  const done = bars.at(-1)?.to ?? 0;
  if (done < end) bars.push({ from: done, to: end, tone: "neutral", pending: true });
  const shown = now === undefined ? marks : [...marks, nowMark(now)];
  const taken: Taken = { above: [], below: [], lower: [] };
  const placed = [...shown]
    .sort((a, b) => a.at - b.at)
    .map((mark) => {
      const letters = mark.name.length + 1 + seconds(mark.at, end).length;
      const name = (letters * LETTER) / Math.max(width, 1);
      return { ...mark, pending: mark.pending === true, ...place(mark.at / end, name, taken) };
    });
  return { bars, marks: placed };
}

type Spot = Pick<PlacedMark, "side" | "line">;
type Taken = Record<PlacedMark["line"], [number, number][]>;

/** Where a name may stand, the best first. */
const spots: readonly Spot[] = [
  { side: "right", line: "above" },
  { side: "left", line: "above" },
  { side: "right", line: "below" },
  { side: "left", line: "below" },
  { side: "right", line: "lower" },
  { side: "left", line: "lower" },
];

/** Takes the first spot in which a name lies over no other and inside of the scale. */
function place(at: number, name: number, taken: Taken): Spot {
  const span = ({ side }: Spot): [number, number] =>
    side === "right" ? [at, at + name] : [at - name, at];
  const free = (spot: Spot) => {
    const [from, to] = span(spot);
    const over = taken[spot.line].some(([a, b]) => from < b && a < to);
    return !over && from >= 0 && to <= 1;
  };
  const spot = spots.find(free) ?? { side: "left", line: "lower" };
  taken[spot.line].push(span(spot));
  return spot;
}

const nowMark = (at: number): TimelineMark => ({ name: "now", at, tone: "accent" });

/** Seconds as a mark says them: with milliseconds where the whole scale is short. */
export const seconds = (at: number, end: number): string => at.toFixed(end < 2 ? 3 : 2);

/** Round moments along the scale, at most eight. */
export function ticks(end: number): number[] {
  const steps = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600,
    1800, 3600,
  ];
  const step = steps.find((one) => end / one <= 8) ?? end / 4;
  const count = Math.floor(end / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toFixed(3)));
}
