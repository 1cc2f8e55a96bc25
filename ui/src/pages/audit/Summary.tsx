import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { grouped, OutcomeBadge } from "@/design";
import { call, commands, keys } from "@/ipc";
import { DAY } from "./bins";
import { type AuditFilter, isCounted, isEmpty } from "./filter";
import type { Records } from "./records";
import classes from "./audit.module.css";

interface SummaryProps {
  readonly filter: AuditFilter;
  readonly records: Records;
  readonly total: number | undefined;
}

const order = ["ok", "denied", "failed", "intent"];

/** How many records these are, by outcome where that is counted. */
export function Summary({ filter, records, total }: SummaryProps) {
  const step = stepOf(filter);
  const counts = useQuery({
    queryKey: keys.audit.live("counts", step, filter),
    queryFn: () => call(commands.auditCounts(filter, step ?? "day", "outcome")),
    enabled: step !== null,
    placeholderData: keepPreviousData,
  }).data;
  const sums = new Map<string, number>();
  if (step !== null) {
    for (const { term, records } of counts ?? []) {
      if (term !== null) sums.set(term, (sums.get(term) ?? 0) + records);
    }
  }
  const all = [...sums.values()].reduce((sum, one) => sum + one, 0);
  return (
    <footer className={classes.summary}>
      <span>
        {step !== null && counts !== undefined ? (
          <b>{grouped(all)}</b>
        ) : (
          <>
            <b>{grouped(records.count ?? 0)}</b>
            {records.more && " or more"}
          </>
        )}{" "}
        {total !== undefined && !isEmpty(filter) && <>of {grouped(total)}</>} records
      </span>
      {order.map((outcome) => {
        const count = sums.get(outcome) ?? 0;
        return count === 0 ? null : (
          <span key={outcome} className="row">
            <OutcomeBadge quiet outcome={outcome} /> {grouped(count)}
          </span>
        );
      })}
    </footer>
  );
}

/** What the filter's times are whole numbers of; `null` where no counts answer it. */
export function stepOf(filter: AuditFilter): "day" | "hour" | null {
  if (!isCounted(filter)) return null;
  const times = [filter.since, filter.until].filter((time) => time !== null).map(Date.parse);
  if (times.every((time) => time % DAY === 0)) return "day";
  return times.every((time) => time % (DAY / 24) === 0) ? "hour" : null;
}
