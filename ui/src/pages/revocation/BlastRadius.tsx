import { Link } from "react-router";
import {
  bytes,
  type Column,
  DataTable,
  EmptyState,
  grouped,
  Icon,
  localTime,
  Panel,
  StatRow,
  StatTile,
} from "@/design";
import type { BlastRadiusView } from "@/ipc";
import { goesOn, stops, wayBack } from "./consequences";
import classes from "./revocation.module.css";

type Dataset = BlastRadiusView["datasets"][number];

const columns: readonly Column<Dataset>[] = [
  {
    id: "dataset",
    head: "Dataset",
    width: "minmax(120px, 1fr)",
    cell: ({ name }) => <span className="clip">{name}</span>,
    sort: ({ name }) => name,
  },
  {
    id: "objects",
    head: "Objects",
    width: "110px",
    align: "end",
    cell: ({ objects }) => grouped(objects),
    sort: ({ objects }) => objects,
  },
  {
    id: "bytes",
    head: "Plaintext",
    width: "100px",
    align: "end",
    cell: (dataset) => bytes(dataset.bytes),
    sort: (dataset) => dataset.bytes,
  },
];

interface BlastRadiusProps {
  readonly radius: BlastRadiusView;
  readonly name: string;
  readonly countedAt: number;
}

/** What stops if the tenant is locked, and what doesn't. */
export function BlastRadius({ radius, name, countedAt }: BlastRadiusProps) {
  const tenant = `/tenants/${encodeURIComponent(radius.tenant)}`;
  return (
    <Panel
      title="Blast radius"
      note={`what stops when ${name} is locked, counted at ${localTime(new Date(countedAt), "time")}`}
      flush
    >
      <div className={classes.totals}>
        <StatRow>
          <StatTile value={grouped(radius.datasets.length)} label="datasets" to={tenant} />
          <StatTile value={grouped(radius.objects)} label={`objects, ${bytes(radius.bytes)}`} />
          <StatTile
            value={grouped(radius.data_keys)}
            label="data keys"
            to={`/hierarchy/${encodeURIComponent(radius.tenant)}`}
          />
          <StatTile value={grouped(radius.cached_data_keys)} label="of them unwrapped now" />
          <StatTile value={grouped(radius.root_keys.length)} label="root keys" to={tenant} />
        </StatRow>
      </div>
      <div className={classes.datasets}>
        <DataTable
          label="Datasets that would be locked"
          columns={columns}
          rows={radius.datasets}
          idOf={({ name: dataset }) => dataset}
          sorted={{ column: "objects", descending: true }}
          empty={
            <EmptyState action={<Link to={tenant}>Make one on {name}’s page</Link>}>
              {name} has no dataset yet: locking it stops no read and no write.
            </EmptyState>
          }
        />
      </div>
      <div className={classes.consequences}>
        <section>
          <h3 data-tone="denied">
            <Icon name="denied" /> Stops at once
          </h3>
          <Lines lines={stops(radius)} />
        </section>
        <section>
          <h3 data-tone="active">
            <Icon name="active" /> Goes on
          </h3>
          <Lines lines={goesOn(radius, name)} />
        </section>
        <section>
          <h3>
            <Icon name="undo" /> Way back
          </h3>
          <Lines lines={wayBack(radius)} />
        </section>
      </div>
    </Panel>
  );
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
