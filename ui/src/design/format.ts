/** How numbers, durations and times are written. Digits are grouped by thin spaces in every locale. */

const GROUP = "\u202f";

/** A whole number with grouped digits: `1 284 907`. */
export function grouped(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const [whole = "", fraction] = Math.abs(value).toString().split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, GROUP);
  const sign = value < 0 ? "−" : "";
  return `${sign}${digits}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** A share with one digit, never rounded up to all of it: `74.7 %`. */
export function percent(done: number, total: number): string {
  if (total <= 0) return "–";
  const share = Math.floor((1000 * done) / total) / 10;
  return share === 100 ? "100 %" : `${share.toFixed(1)} %`;
}

/** Bytes in the largest unit that leaves a whole part. */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const shown = unit === 0 || size >= 100 ? Math.round(size).toString() : size.toFixed(1);
  return `${shown} ${units[unit] ?? "B"}`;
}

/** A duration in its two largest units: `11 min 20 s`; below a minute with a digit where it tells. */
export function duration(seconds: number): string {
  if (seconds < 0.95) return `${String(Math.round(seconds * 1000))} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const steps = [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const;
  const first = steps.findIndex(([, length]) => whole >= length);
  let rest = whole;
  const parts: string[] = [];
  for (const [unit, length] of steps.slice(first, first + 2)) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${String(count)} ${unit}`);
  }
  return parts.join(" ");
}

/** How long ago, or how soon: `38 s ago`, `in 2 d`. */
export function relative(time: number, now: number): string {
  const seconds = Math.abs(now - time) / 1000;
  if (seconds < 1) return "now";
  const rough = duration(seconds < 60 ? Math.floor(seconds) : seconds).split(" ");
  const text = rough.slice(0, 2).join(" ").replace(".0 s", " s");
  return time <= now ? `${text} ago` : `in ${text}`;
}

export type TimeForm = "full" | "date" | "time" | "precise" | "short";

const forms: Record<TimeForm, Intl.DateTimeFormatOptions> = {
  full: {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  },
  date: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
  precise: {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  },
  short: { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
};

/** A local time. */
export function localTime(time: Date, form: TimeForm): string {
  return new Intl.DateTimeFormat("en-GB", { ...forms[form], hourCycle: "h23" }).format(time);
}

/** The same moment in UTC, whole. */
export const utcTime = (time: Date): string =>
  `${time.toISOString().replace("T", " ").replace("Z", "")} UTC`;
