import { EmptyState, ErrorNotice, grouped, Icon, LargeTable } from "@/design";
import { failureOf } from "@/ipc";
import { columns } from "./columns";
import type { Records, Row } from "./records";
import classes from "./audit.module.css";

interface RecordsTableProps {
  readonly records: Records;
  readonly selected: number | null;
  readonly onSelect: (seq: number | null) => void;
  /** Whether a filter holds: then no rows mean something else. */
  readonly filtered: boolean;
}

/** How many places stand for what isn't loaded yet. */
const BONES = 12;

/** The scrollbar's first pixels: whoever is there looks at the newest. */
const TOP = 13;

const idOf = (row: Row): string => String(row.seq);

/** The records, the newest first, and what has come since. */
export function RecordsTable({ records, selected, onSelect, filtered }: RecordsTableProps) {
  const { count, more, newer } = records;
  return (
    <div
      className={classes.table}
      onScrollCapture={(event) => {
        if (event.target instanceof Element) records.atTop(event.target.scrollTop < TOP);
      }}
    >
      {newer > 0 && (
        <button
          type="button"
          className={classes.newer}
          onClick={(event) => {
            records.atTop(true);
            event.currentTarget.parentElement?.querySelector("[role=grid]")?.scrollTo({ top: 0 });
          }}
        >
          <Icon name="up" size={12} />
          {grouped(newer)}
          {records.newerAtLeast && " or more"} new
        </button>
      )}
      {records.failure !== null && (
        <div className={classes.failure}>
          <ErrorNotice failure={failureOf(records.failure)} retry={records.retry} />
        </div>
      )}
      {(count !== undefined || records.failure === null) && (
        <LargeTable
          label="Records"
          density="dense"
          columns={columns}
          count={(count ?? BONES) + (more ? BONES : 0)}
          rowAt={records.rowAt}
          idOf={idOf}
          at={selected === null ? -1 : records.indexOf(selected)}
          selected={selected === null ? null : String(selected)}
          onRange={records.onRange}
          onSelect={(row) => onSelect(row?.seq ?? null)}
          onOpen={(row) => onSelect(row.seq)}
          rowTone={toneOf}
          empty={
            <EmptyState>
              {filtered
                ? "No record passes this filter. Archived records are found once their day is fetched."
                : "The log has no records yet: whatever is done with a tenant or key appears here."}
            </EmptyState>
          }
        />
      )}
    </div>
  );
}

/** A failure is what an eye that skims should stop at. */
const toneOf = ({ record }: Row): string | undefined =>
  record?.outcome === "failed" ? "compromised" : undefined;
