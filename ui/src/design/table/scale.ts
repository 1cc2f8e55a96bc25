/**
 * Web views draw no box taller than 16 to 33 million pixels, and place things less exactly long before. A
 * longer table is drawn in a shorter box: the scrollbar still goes from its first row to its last, and
 * each pixel of it stands for a few.
 */

/** The tallest box that is drawn. */
export const TALLEST = 12_000_000;

export interface Scale {
  /** The box's height. */
  readonly drawn: number;
  /** How many pixels of the rows one pixel of the scrollbar stands for. */
  readonly ratio: number;
}

/** How rows of this height altogether are drawn where so much of them is in view. */
export function scaleOf(total: number, view: number): Scale {
  if (total <= TALLEST || view >= TALLEST) return { drawn: total, ratio: 1 };
  return { drawn: TALLEST, ratio: (total - view) / (TALLEST - view) };
}

/** Where to scroll so that a row is in view; `undefined` where it is already. */
export function reveal(start: number, height: number, offset: number, view: number) {
  if (start < offset) return start;
  return start + height > offset + view ? start + height - view : undefined;
}
