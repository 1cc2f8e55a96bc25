/** Times as this page writes them: local, and short enough for a row. */

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number) => String(value).padStart(2, "0");

const dayWords = (time: Date) => `${String(time.getDate())} ${months[time.getMonth()] ?? ""}`;
const clock = (time: Date) => `${two(time.getHours())}:${two(time.getMinutes())}`;

/** `24 Nov 09:14:08`. `Intl` makes a formatter for each call, and a table has thousands. */
export function stamp(value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return value;
  return `${dayWords(time)} ${clock(time)}:${two(time.getSeconds())}`;
}

/** A range in words: `24 Nov 08:00 to 10:00`; `null` for all times. */
export function rangeWords(since: string | null, until: string | null): string | null {
  if (since === null && until === null) return null;
  const moment = (value: string) => `${dayWords(new Date(value))} ${clock(new Date(value))}`;
  if (until === null) return `since ${moment(since ?? "")}`;
  if (since === null) return `before ${moment(until)}`;
  const [from, to] = [new Date(since), new Date(until)];
  const sameDay = dayWords(from) === dayWords(to) && from.getFullYear() === to.getFullYear();
  return `${moment(since)} to ${sameDay ? clock(to) : moment(until)}`;
}

/** A moment as a field for local times takes it: `2026-11-24T08:00`. */
export function fieldTime(value: string | null): string {
  if (value === null) return "";
  const time = new Date(value);
  const date = `${String(time.getFullYear())}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date}T${clock(time)}`;
}

/** What such a field says; `null` for nothing. */
export function momentOf(field: string): string | null {
  const time = new Date(field);
  return field === "" || Number.isNaN(time.getTime()) ? null : time.toISOString();
}
