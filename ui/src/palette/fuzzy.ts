/** A text that was found, with the ranges of it that matched. */
export interface Match {
  /** Higher is better. */
  readonly score: number;
  /** From and to (exclusive), in order. */
  readonly ranges: readonly (readonly [number, number])[];
}

const WORD = /[\p{L}\p{N}]/u;

/**
 * Finds letters in their order, wherever they stand. Letters that follow each other, begin a word or
 * begin the text count more. The first possible places are taken from the back, so that what is
 * typed last is found as close together as it can be.
 */
export function fuzzy(needle: string, hay: string): Match | null {
  const wanted = needle.toLowerCase().replaceAll(" ", "");
  if (wanted === "") return { score: 0, ranges: [] };
  const text = hay.toLowerCase();
  const whole = text.indexOf(needle.toLowerCase().trim());
  const places = whole >= 0 ? consecutive(whole, needle.trim().length) : scattered(wanted, text);
  if (places === null) return null;
  return { score: score(places, hay), ranges: ranges(places) };
}

const consecutive = (from: number, length: number): number[] =>
  Array.from({ length }, (_, index) => from + index);

function scattered(wanted: string, text: string): number[] | null {
  // Forwards, to know where the last letter can be at the earliest; then backwards from there.
  let end = -1;
  for (const letter of wanted) {
    end = text.indexOf(letter, end + 1);
    if (end < 0) return null;
  }
  const places: number[] = [];
  for (let index = wanted.length - 1, from = end; index >= 0; index -= 1) {
    from = text.lastIndexOf(wanted.charAt(index), from);
    places.unshift(from);
    from -= 1;
  }
  return places;
}

function score(places: readonly number[], hay: string): number {
  let sum = 0;
  let before = -2;
  for (const place of places) {
    const begins = place === 0 || !WORD.test(hay.charAt(place - 1));
    sum += place === before + 1 ? 5 : begins ? 4 : 1;
    before = place;
  }
  if (places[0] === 0) sum += 6;
  // Of two that match alike, the shorter one is meant.
  return sum - hay.length / 100;
}

function ranges(places: readonly number[]): (readonly [number, number])[] {
  const found: [number, number][] = [];
  for (const place of places) {
    const last = found.at(-1);
    if (last?.[1] === place) last[1] = place + 1;
    else found.push([place, place + 1]);
  }
  return found;
}
