import {
  ageTone,
  type Column,
  grouped,
  KeyChip,
  Meter,
  providerName,
  StateBadge,
  TimeText,
  useNow,
} from "@/design";
import type { TenantRow } from "@/ipc";
import { ageOf, dueIn } from "@/pages/rotation/age";
import { urgency } from "./filter";

/** Due within so many days is said in days. */
const SOON = 30;

/** All that is said of a tenant. */
export const columns: readonly Column<TenantRow>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(104px, 1fr)",
    cell: (row) => (
      <span className="clip strong" title={row.id}>
        {row.display_name === "" ? row.id : row.display_name}
      </span>
    ),
    sort: (row) => row.display_name,
  },
  {
    id: "state",
    head: "State",
    width: "104px",
    cell: (row) => <StateBadge quiet state={row.state} title={row.state_code ?? row.state} />,
    sort: urgency,
  },
  {
    id: "custody",
    head: "Custody",
    width: "76px",
    cell: ({ root_key: key }) => key && <span className="secondary">{key.custody}</span>,
    sort: ({ root_key: key }) => key?.custody ?? null,
  },
  {
    id: "provider",
    head: "Provider",
    width: "86px",
    cell: ({ root_key: key }) =>
      key && <span className="clip secondary">{providerName(key.provider)}</span>,
    sort: ({ root_key: key }) => (key === null ? null : providerName(key.provider)),
  },
  {
    id: "region",
    head: "Region",
    width: "100px",
    cell: ({ root_key: key }) => key && <Regions of={key.regions} />,
    sort: ({ root_key: key }) => key?.regions[0] ?? null,
  },
  {
    id: "key",
    head: "Root key",
    width: "minmax(168px, 1.7fr)",
    cell: ({ root_key: key }) =>
      key === null ? (
        <span className="muted">none yet</span>
      ) : (
        <KeyChip value={key.reference ?? key.id} provider={key.provider} longest={15} />
      ),
    sort: ({ root_key: key }) => key?.reference ?? null,
  },
  {
    id: "data-keys",
    head: "Data keys",
    width: "64px",
    align: "end",
    cell: (row) => grouped(row.data_keys),
    sort: (row) => row.data_keys,
  },
  {
    id: "stale",
    head: "Stale",
    width: "48px",
    align: "end",
    cell: (row) => (
      <span className={row.stale_data_keys === 0 ? "muted" : "strong"}>
        {grouped(row.stale_data_keys)}
      </span>
    ),
    sort: (row) => row.stale_data_keys,
  },
  {
    id: "rotated",
    head: "Last rotation",
    width: "116px",
    cell: (row) => <LastRotation of={row} />,
    sort: (row) => row.rotated_at,
  },
  {
    id: "due",
    head: "Next due",
    width: "78px",
    align: "end",
    cell: (row) => <NextDue of={row} />,
    sort: (row) => row.due_at,
  },
];

/** What remains in view beside the drawer, which says the rest. */
const besides = ["tenant", "state", "key", "data-keys", "rotated", "due"];
export const columnsBesideDrawer = columns.filter(({ id }) => besides.includes(id));

function Regions({ of: [first, ...others] }: { readonly of: readonly string[] }) {
  return (
    <span className="clip secondary" title={[first, ...others].join(", ")}>
      {first}
      {others.length > 0 && ` +${String(others.length)}`}
    </span>
  );
}

function LastRotation({ of: row }: { readonly of: TenantRow }) {
  const age = ageOf(row, useNow());
  if (age === null) return <span className="muted">never</span>;
  return (
    <span className="row" title={`${String(age.days)} of ${String(age.period)} days`}>
      <span style={{ width: 28 }}>
        <Meter
          decorative
          height={4}
          total={1}
          parts={[{ value: age.share, tone: ageTone(age.share), label: "age" }]}
        />
      </span>
      <TimeText value={row.rotated_at} form="date" />
    </span>
  );
}

function NextDue({ of: row }: { readonly of: TenantRow }) {
  const age = ageOf(row, useNow());
  if (age === null) return <span className="muted">–</span>;
  if (age.left > SOON) return <TimeText value={row.due_at} form="date" />;
  return (
    <span
      data-tone={ageTone(age.share)}
      style={{ color: "var(--tone-text)" }}
      title={row.due_at ?? ""}
    >
      {dueIn(age)}
    </span>
  );
}
