import { ActionIcon } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Icon, useNow } from "@/design";
import { call, commands, keys } from "@/ipc";
import { type Bin, dayBins, dayOf, DAYS, DAY, hourBins, shownDay, sum } from "./bins";
import { Bars } from "./Bars";
import { type AuditFilter, isCounted } from "./filter";
import { useDays } from "./use-days";
import classes from "./Histogram.module.css";

interface HistogramProps {
  readonly filter: AuditFilter;
  readonly onBrush: (since: string, until: string) => void;
}

const useCounts = (filter: AuditFilter, step: "day" | "hour", enabled = true) =>
  useQuery({
    queryKey: keys.audit.live("counts", step, filter),
    queryFn: () => call(commands.auditCounts(filter, step, "outcome")),
    placeholderData: keepPreviousData,
    enabled,
  }).data;

/** How many records the days have, and the hours of one of them. */
export function Histogram({ filter, onBrush }: HistogramProps) {
  const [back, setBack] = useState(0);
  const anyTime = { ...filter, key: null, actor: null, search: null, since: null, until: null };
  const days = useCounts(anyTime, "day");
  const newest = days?.at(-1);
  const today = dayOf(useNow());
  const newestDay = newest === undefined ? today : dayOf(Date.parse(newest.start));
  // The last days, unless nothing has come for longer than they are.
  const last = today - newestDay < DAYS * DAY ? Math.max(today, newestDay) : newestDay;
  const first = days?.[0] === undefined ? newestDay : dayOf(Date.parse(days[0].start));
  const day = shownDay(filter.since, filter.until, newestDay);
  const hoursOf = {
    ...anyTime,
    since: new Date(day).toISOString(),
    until: new Date(day + DAY).toISOString(),
  };
  const hours = useCounts(hoursOf, "hour", days !== undefined);
  const archived = useArchivedDays();

  const windowEnd = last - back * DAY;
  const shown = dayBins(days ?? [], windowEnd);
  const since = filter.since === null ? -Infinity : Date.parse(filter.since);
  const until = filter.until === null ? Infinity : Date.parse(filter.until);
  const brush = (from: number, to: number) =>
    onBrush(new Date(from).toISOString(), new Date(to).toISOString());
  const step = (by: number) => setBack(Math.max(back + by, 0));

  return (
    <div className={classes.histogram}>
      <Bars
        title={
          <>
            <b>Records a day</b> <span className="muted">UTC</span>
            <ActionIcon
              size={18}
              aria-label="earlier days"
              disabled={windowEnd - DAYS * DAY < first}
              onClick={() => step(DAYS)}
            >
              <Icon name="left" size={12} />
            </ActionIcon>
            <ActionIcon
              size={18}
              aria-label="later days"
              disabled={back === 0}
              onClick={() => step(-DAYS)}
            >
              <Icon name="right" size={12} />
            </ActionIcon>
            {!isCounted(filter) && <span className="muted">of all keys, actors and texts</span>}
          </>
        }
        label={`records by day, ${says(shown)}`}
        bins={shown}
        since={since}
        until={until}
        tick={(bin, index) => (index % 3 === 2 ? dayNumber(bin) : null)}
        name={(bin) => dayName(bin.start)}
        mark={(bin) => (archived.has(bin.start) ? "archived" : undefined)}
        onBrush={brush}
      />
      <Bars
        title={
          <>
            <b>{dayName(day)}</b> <span className="muted">by hour</span>
            <span className={classes.legend}>
              <i data-tone="denied" /> refused <i data-tone="compromised" /> failed
            </span>
          </>
        }
        label={`records by hour of ${dayName(day)}, ${says(hourBins(hours ?? [], day))}`}
        bins={hourBins(hours ?? [], day)}
        since={since}
        until={until}
        tick={(bin, index) => (index % 2 === 0 ? localHour(bin.start) : null)}
        name={(bin) => `${localHour(bin.start)}:00 to ${localHour(bin.end)}:00`}
        onBrush={brush}
      />
    </div>
  );
}

/** The starts of the days whose records are in archives alone. */
function useArchivedDays(): ReadonlySet<number> {
  const days = useDays().data ?? [];
  return new Set(days.filter((day) => !day.here).map((day) => Date.parse(day.day)));
}

const says = (bins: readonly Bin[]) =>
  `${String(bins.reduce((all, bin) => all + sum(bin), 0))} in all`;

const dayNames = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  timeZone: "UTC",
});
const dayName = (start: number): string => dayNames.format(start);
const dayNumber = (bin: Bin): string => String(new Date(bin.start).getUTCDate());
const localHour = (time: number): string => String(new Date(time).getHours()).padStart(2, "0");
