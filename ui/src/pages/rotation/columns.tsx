import {
  ageTone,
  Badge,
  type Column,
  grouped,
  KeyChip,
  Meter,
  StateBadge,
  TimeText,
  useNow,
} from "@/design";
import type { TenantRow } from "@/ipc";
import { ageOf, dueIn } from "./age";
import classes from "./rotation.module.css";

/** Tenants by when their root key is due. */
export const columns: readonly Column<TenantRow>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(90px, 1fr)",
    cell: (row) => <span className="clip strong">{row.display_name}</span>,
    sort: (row) => row.display_name,
  },
  {
    id: "key",
    head: "Root key",
    width: "minmax(120px, 1.3fr)",
    cell: ({ root_key: key }) =>
      key?.reference == null ? (
        <span className="muted">none</span>
      ) : (
        <KeyChip value={key.reference} provider={key.provider} longest={20} />
      ),
  },
  {
    id: "state",
    head: "State",
    width: "92px",
    cell: (row) => <StateBadge state={row.state} quiet />,
    sort: (row) => row.state,
  },
  {
    id: "period",
    head: "Period",
    width: "84px",
    align: "end",
    cell: (row) => (
      <span title={row.rotation_days_own ? "this tenant’s own" : "the workspace’s"}>
        {row.rotation_days} d{" "}
        <span className="muted tiny">{row.rotation_days_own ? "own" : ""}</span>
      </span>
    ),
    sort: (row) => row.rotation_days,
  },
  {
    id: "age",
    head: "Age",
    width: "minmax(120px, 1fr)",
    cell: (row) => <AgeBar row={row} />,
    sort: (row) => row.rotated_at,
  },
  {
    id: "due",
    head: "Due",
    width: "94px",
    cell: (row) => <Due row={row} />,
    sort: (row) => row.due_at,
  },
  {
    id: "stale",
    head: "To rewrap",
    width: "72px",
    align: "end",
    cell: (row) =>
      row.stale_data_keys === 0 ? (
        <span className="muted">0</span>
      ) : (
        <span className={classes.attention}>{grouped(row.stale_data_keys)}</span>
      ),
    sort: (row) => row.stale_data_keys,
  },
  {
    id: "quarantined",
    head: "Quarantined",
    width: "82px",
    align: "end",
    cell: (row) =>
      row.quarantined === 0 ? (
        <span className="muted">0</span>
      ) : (
        <Badge tone="attention" icon="quarantine" quiet>
          {grouped(row.quarantined)}
        </Badge>
      ),
    sort: (row) => row.quarantined,
  },
];

/** What fits beside a drawer. */
export const narrow = columns.filter(({ id }) =>
  ["tenant", "state", "age", "due", "stale", "quarantined"].includes(id),
);

function AgeBar({ row }: { readonly row: TenantRow }) {
  const age = ageOf(row, useNow());
  if (age === null) return <span className="muted">not in use</span>;
  return (
    <span className={classes.age}>
      <Meter
        decorative
        height={4}
        total={1}
        parts={[{ value: age.share, tone: ageTone(age.share), label: "age" }]}
      />
      {age.days} of {age.period} d
    </span>
  );
}

function Due({ row }: { readonly row: TenantRow }) {
  const age = ageOf(row, useNow());
  if (age === null || row.due_at === null) return <span className="muted">–</span>;
  return (
    <span
      data-tone={ageTone(age.share)}
      className={age.share >= 0.85 ? classes.toned : undefined}
      title={dueIn(age)}
    >
      {age.left < 0 ? dueIn(age) : <TimeText value={row.due_at} form="date" />}
    </span>
  );
}
