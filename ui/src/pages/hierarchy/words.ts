import { grouped } from "@/design";

const DAY_MS = 86_400_000;

/** `1 data key`, `12 data keys`. */
export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${grouped(number)} ${number === 1 ? one : many}`;

/** How old something is against the time when it is due. */
export interface Age {
  /** 1 is due. */
  readonly share: number;
  /** `4 of 90 d`, `120 d, due for 30 d`. */
  readonly words: string;
}

/** The age of what is current since one time and due at another. */
export function ageOf(since: string, due: string | null, now: number): Age | null {
  const from = new Date(since).getTime();
  const days = (ms: number) => grouped(Math.max(0, Math.floor(ms / DAY_MS)));
  if (due === null) return null;
  const until = new Date(due).getTime();
  const share = until > from ? (now - from) / (until - from) : 1.01;
  const words =
    share > 1
      ? `${days(now - from)} d, due for ${days(now - until)} d`
      : `${days(now - from)} of ${grouped(Math.round((until - from) / DAY_MS))} d`;
  return { share, words };
}

/** Whole days since a time: `59 d`. */
export const daysSince = (time: string, now: number): string =>
  `${grouped(Math.max(0, Math.floor((now - new Date(time).getTime()) / DAY_MS)))} d`;
