import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useState } from "react";
import {
  Badge,
  bytes,
  type Column,
  DataTable,
  EmptyState,
  ErrorNotice,
  grouped,
  Icon,
  Notice,
  ProgressBar,
  TimeText,
} from "@/design";
import { call, Channel, commands, failureOf, keys, type Progress, useRole } from "@/ipc";
import { type DayItem, useDays } from "./use-days";
import classes from "./audit.module.css";

type Kind = "archive" | "fetch" | "release";

interface Work {
  readonly kind: Kind;
  readonly day: string;
}

/** What may be done with a day, and how: cells find it here, since columns stand still. */
const DayActions = createContext<{
  readonly mayChange: boolean;
  readonly busy: boolean;
  readonly run: (work: Work) => void;
}>({ mayChange: false, busy: true, run: () => undefined });

/** The log's days: open, sealed, archived; what is archived is fetched from here. */
export function DaysPanel() {
  const days = useDays();
  const role = useRole();
  const client = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  // What is archived isn't found by queries: everything that was read of it is asked for again.
  const again = () => client.invalidateQueries({ queryKey: keys.audit.all });
  const work = useMutation({
    mutationFn: ({ kind, day }: Work) => {
      const channel = new Channel<Progress>();
      setProgress(null);
      channel.onmessage = setProgress;
      if (kind === "archive") return call(commands.auditArchive(day, channel));
      if (kind === "fetch") return call(commands.auditFetch(day, channel));
      return call(commands.auditRelease(day));
    },
    onSettled: again,
  });
  const seal = useMutation({ mutationFn: () => call(commands.auditSeal()), onSettled: again });
  const failure = work.error ?? seal.error;
  const newestFirst = days.data?.toReversed();
  const mayChange = role?.kind === "administrator";

  return (
    <DayActions value={{ mayChange, busy: work.isPending, run: work.mutate }}>
      <div className={classes.days}>
        <div className={classes.daysHead}>
          <p className="muted small">
            A sealed day can’t grow any more. An archived one is encrypted in the object store: its
            hashes stay here, so the log verifies without it.
          </p>
          {mayChange && (
            <Button
              leftSection={<Icon name="shield" />}
              loading={seal.isPending}
              onClick={() => seal.mutate()}
            >
              Seal the days before today
            </Button>
          )}
        </div>
        {failure !== null && <ErrorNotice failure={failureOf(failure)} />}
        {seal.data !== undefined && (
          <Notice
            tone="active"
            icon="shield"
            title={
              seal.data === 0
                ? "Every day before today was sealed already."
                : `Sealed ${grouped(seal.data)} ${seal.data === 1 ? "day" : "days"}.`
            }
          />
        )}
        {work.isPending && (
          <ProgressBar
            title={doing[work.variables.kind](work.variables.day)}
            done={progress?.done ?? 0}
            total={progress?.total ?? 0}
            of="records"
          />
        )}
      </div>
      <DataTable
        label="Days of the log"
        rows={newestFirst}
        idOf={(day: DayItem) => day.day}
        columns={columns}
        failure={days.error === null ? null : failureOf(days.error)}
        retry={() => void days.refetch()}
        empty={<EmptyState>The log has no days yet: the first record begins one.</EmptyState>}
      />
    </DayActions>
  );
}

const doing: Record<Kind, (day: string) => string> = {
  archive: (day) => `Archiving ${day}`,
  fetch: (day) => `Fetching ${day} from its archive`,
  release: (day) => `Letting ${day} go again`,
};

function Standing({ day }: { readonly day: DayItem }) {
  if (day.archived_at !== null) {
    return day.here ? (
      <Badge quiet tone="accent" icon="download">
        fetched
      </Badge>
    ) : (
      <Badge quiet tone="deactivated" icon="store">
        archived
      </Badge>
    );
  }
  return day.sealed_at === null ? (
    <Badge quiet tone="neutral" icon="waiting">
      open
    </Badge>
  ) : (
    <Badge quiet tone="active" icon="lock">
      sealed
    </Badge>
  );
}

function Action({ day }: { readonly day: DayItem }) {
  const { mayChange, busy, run } = useContext(DayActions);
  const button = (kind: Kind, label: string) => (
    <Button
      size="compact-xs"
      disabled={busy}
      aria-label={`${label} ${day.day}`}
      onClick={() => run({ kind, day: day.day })}
    >
      {label}
    </Button>
  );
  if (day.archived_at !== null)
    return day.here ? button("release", "Release") : button("fetch", "Fetch");
  return mayChange && day.sealed_at !== null ? button("archive", "Archive") : null;
}

const columns: readonly Column<DayItem>[] = [
  {
    id: "day",
    head: "Day, UTC",
    width: "110px",
    cell: (day) => day.day,
    sort: (day) => day.day,
  },
  { id: "standing", head: "State", width: "120px", cell: (day) => <Standing day={day} /> },
  {
    id: "records",
    head: "Records",
    width: "100px",
    align: "end",
    cell: (day) => grouped(day.records),
    sort: (day) => day.records,
  },
  {
    id: "first",
    head: "First record",
    width: "110px",
    align: "end",
    cell: (day) => <span className="mono">{grouped(day.first)}</span>,
  },
  {
    id: "sealed",
    head: "Sealed",
    width: "minmax(110px, 1fr)",
    cell: (day) => <TimeText value={day.sealed_at} never="not yet" />,
  },
  {
    id: "archived",
    head: "Archived",
    width: "minmax(110px, 1fr)",
    cell: (day) => <TimeText value={day.archived_at} never="not yet" />,
  },
  {
    id: "bytes",
    head: "Archive",
    width: "90px",
    align: "end",
    cell: (day) => day.archive_bytes !== null && bytes(day.archive_bytes),
  },
  { id: "action", head: "", width: "90px", align: "end", cell: (day) => <Action day={day} /> },
];
