import { duration, utcTime, useNow } from "@/design";

/** How long something may still be done. */
export function TimeLeft({ until }: { readonly until: string }) {
  const now = useNow();
  const end = new Date(until);
  const seconds = Math.ceil((end.getTime() - now) / 1000);
  if (seconds <= 0) return <span data-tone="attention">time is over</span>;
  return (
    <time dateTime={until} title={`until ${utcTime(end)}`}>
      {duration(Math.max(seconds, 1))}
    </time>
  );
}
