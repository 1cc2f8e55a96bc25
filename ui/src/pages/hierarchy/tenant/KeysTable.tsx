import { useMemo, useState } from "react";
import { Link } from "react-router";
import { bytes, type Column, DataTable, EmptyState, grouped, StateBadge } from "@/design";
import type { HierarchyView } from "../queries";

/** One link of the graph as a row: a version of a root key, and a dataset it wraps data keys of. */
interface Row {
  readonly id: string;
  readonly rootKey: number;
  readonly state: string;
  readonly version: number;
  readonly stale: boolean;
  readonly dataset: string | null;
  readonly dataKeys: number;
  readonly objects: number | null;
  readonly bytes: number | null;
}

/** The graph in words: every version of every root key, with each dataset that it wraps. */
export function rowsOf(view: HierarchyView): Row[] {
  const datasets = new Map(view.datasets.map((node) => [node.dataset.name, node]));
  return view.root_keys.flatMap(({ key, versions }) =>
    versions.flatMap((version): Row[] => {
      const own = {
        rootKey: key.number,
        state: key.state,
        version: version.version,
        stale: version.stale,
      };
      const at = `${key.number}/${version.version}`;
      if (version.datasets.length === 0) {
        return [{ ...own, id: at, dataset: null, dataKeys: 0, objects: null, bytes: null }];
      }
      return version.datasets.map((one) => ({
        ...own,
        id: `${at} ${one.dataset}`,
        dataset: one.dataset,
        dataKeys: one.data_keys,
        objects: datasets.get(one.dataset)?.objects ?? null,
        bytes: datasets.get(one.dataset)?.bytes ?? null,
      }));
    }),
  );
}

const columnsOf = (tenant: string): readonly Column<Row>[] => [
  {
    id: "root-key",
    head: "Root key",
    width: "84px",
    cell: ({ rootKey }) => `root key ${rootKey}`,
    sort: ({ rootKey }) => rootKey,
  },
  {
    id: "state",
    head: "State",
    width: "110px",
    cell: ({ state }) => <StateBadge state={state} quiet />,
    sort: ({ state }) => state,
  },
  {
    id: "version",
    head: "Version",
    width: "110px",
    cell: ({ version, stale }) => (stale ? `${version}, old` : `${version}, current`),
    sort: ({ version }) => version,
  },
  {
    id: "dataset",
    head: "Dataset",
    width: "minmax(120px, 1fr)",
    cell: ({ dataset }) =>
      dataset === null ? (
        <span className="muted">wraps nothing</span>
      ) : (
        <Link className="clip" to={`/tenants/${encodeURIComponent(tenant)}`}>
          {dataset}
        </Link>
      ),
    sort: ({ dataset }) => dataset,
  },
  {
    id: "data-keys",
    head: "Data keys",
    width: "96px",
    align: "end",
    cell: ({ dataKeys }) => grouped(dataKeys),
    sort: ({ dataKeys }) => dataKeys,
  },
  {
    id: "objects",
    head: "Objects",
    width: "110px",
    align: "end",
    cell: ({ objects }) => (objects === null ? "–" : grouped(objects)),
    sort: ({ objects }) => objects,
  },
  {
    id: "bytes",
    head: "Plaintext",
    width: "96px",
    align: "end",
    cell: (row) => (row.bytes === null ? "–" : bytes(row.bytes)),
    sort: (row) => row.bytes,
  },
];

interface KeysTableProps {
  readonly view: HierarchyView;
  readonly onSelect: (rootKey: number) => void;
}

/** The same as the graph, as a table. */
export function KeysTable({ view, onSelect }: KeysTableProps) {
  const [selected, setSelected] = useState<string | null>(null);
  const rows = useMemo(() => rowsOf(view), [view]);
  const columns = useMemo(() => columnsOf(view.tenant.id), [view.tenant.id]);
  return (
    <DataTable
      label={`Keys of ${view.tenant.display_name}`}
      columns={columns}
      rows={rows}
      idOf={({ id }) => id}
      sorted={{ column: "data-keys", descending: true }}
      selected={selected}
      onSelect={(row) => {
        setSelected(row?.id ?? null);
        if (row !== null) onSelect(row.rootKey);
      }}
      empty={<EmptyState>This tenant has no root key yet.</EmptyState>}
    />
  );
}
