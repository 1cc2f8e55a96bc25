import { localTime, relative, type TimeForm, utcTime } from "../format";
import { useNow } from "../now";

interface TimeTextProps {
  /** RFC 3339, as the engine gives it; `null` for what never happened. */
  readonly value: string | null;
  /** `relative` keeps itself up to date. */
  readonly form?: TimeForm | "relative";
  /** What `null` says. */
  readonly never?: string;
}

/** A moment in local time, with UTC on hover. */
export function TimeText({ value, form = "short", never = "never" }: TimeTextProps) {
  if (value === null) return <span className="muted">{never}</span>;
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) return <span>{value}</span>;
  const title =
    form === "relative" ? `${localTime(time, "full")}\n${utcTime(time)}` : utcTime(time);
  return (
    <time dateTime={value} title={title}>
      {form === "relative" ? <Relative time={time.getTime()} /> : localTime(time, form)}
    </time>
  );
}

function Relative({ time }: { readonly time: number }) {
  return <>{relative(time, useNow())}</>;
}
