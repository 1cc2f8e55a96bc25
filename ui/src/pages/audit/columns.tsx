import { type Column, grouped, KeyChip, OutcomeBadge, utcTime } from "@/design";
import type { RecordItem } from "@/ipc";
import type { Row } from "./records";
import { stamp } from "./times";
import classes from "./audit.module.css";

/** A record's row; of an archived one only its number is here. */
export const columns: readonly Column<Row>[] = [
  {
    id: "seq",
    head: "Sequence",
    width: "72px",
    cell: ({ seq }) => <span className="mono">{grouped(seq)}</span>,
  },
  {
    id: "time",
    head: "Time, local",
    width: "112px",
    cell: ({ record }) =>
      record === null ? (
        <span className="muted">archived</span>
      ) : (
        <time className="mono" dateTime={record.time} title={utcTime(new Date(record.time))}>
          {stamp(record.time)}
        </time>
      ),
  },
  {
    id: "outcome",
    head: "Outcome",
    width: "80px",
    cell: ({ record }) =>
      record && <OutcomeBadge quiet outcome={record.outcome} title={record.code ?? ""} />,
  },
  {
    id: "action",
    head: "Action",
    width: "minmax(100px, 1fr)",
    cell: ({ record }) => record && <span className="clip">{record.action}</span>,
  },
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(56px, 0.8fr)",
    cell: ({ record }) => record && <span className="clip">{record.tenant}</span>,
  },
  {
    id: "key",
    head: "Key or subject",
    width: "minmax(120px, 1.5fr)",
    cell: ({ record }) => record && <Subject of={record} />,
  },
  {
    id: "actor",
    head: "Actor",
    width: "minmax(76px, 0.9fr)",
    cell: ({ record }) => record && <span className="clip">{record.actor}</span>,
  },
];

/** The key, or the first fact that says what it was about. */
function Subject({ of: record }: { readonly of: RecordItem }) {
  if (record.key !== null) return <RecordKey value={record.key} longest={30} />;
  const [fact] = record.details;
  if (fact === undefined) return null;
  return (
    <span className={`${classes.subject ?? ""} clip`} title={fact.value}>
      {fact.name} {fact.value}
    </span>
  );
}

/** A key by Keyward's own id: `rk:` a root key's, `dk:` a data key's. */
export function RecordKey({ value, longest }: { value: string; longest?: number }) {
  return <KeyChip value={value} longest={longest ?? 34} />;
}
