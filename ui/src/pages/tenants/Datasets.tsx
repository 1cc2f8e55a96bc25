import { Button, Select } from "@mantine/core";
import { useState } from "react";
import { Badge, bytes, EmptyState, ErrorNotice, grouped, Icon, Panel, TimeText } from "@/design";
import { call, commands, failureOf } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import type { DatasetNode, HierarchyView } from "@/pages/hierarchy/queries";
import { CreateDataset, nameSettings } from "./CreateDataset";
import { useChange } from "./use-change";
import classes from "./tenants.module.css";

/** The tenant's datasets: their data keys, what they hold, and how the log names their objects. */
export function Datasets({ of: { tenant, datasets } }: { readonly of: HierarchyView }) {
  const may = useMay();
  const [creating, setCreating] = useState(false);
  const rotate = useChange((dataset: string) => call(commands.dataKeyRotate(tenant.id, dataset)));
  const rename = useChange(({ dataset, names }: { dataset: string; names: string }) =>
    call(commands.datasetNames(tenant.id, dataset, names)),
  );
  const failure = rotate.error ?? rename.error;
  const create = (
    <Button
      size="compact-xs"
      leftSection={<Icon name="plus" size={12} />}
      disabled={!may("dataset.create")}
      onClick={() => setCreating(true)}
    >
      Create a dataset…
    </Button>
  );
  return (
    <Panel title="Datasets" note="each with data keys of its own" end={create} flush>
      {failure !== null && (
        <div className={classes.failure}>
          <ErrorNotice failure={failureOf(failure)} />
        </div>
      )}
      {datasets.length === 0 ? (
        <EmptyState>It has no dataset yet: objects are written into one.</EmptyState>
      ) : (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">Dataset</th>
              <th scope="col" data-align="end">
                Data keys
              </th>
              <th scope="col" data-align="end">
                To rewrap
              </th>
              <th scope="col" data-align="end">
                Objects
              </th>
              <th scope="col" data-align="end">
                Size
              </th>
              <th scope="col">Newest key</th>
              <th scope="col">Sidecar</th>
              <th scope="col">Names in the log</th>
              <th scope="col">
                <span className="visually-hidden">Rotate</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {datasets.map((node) => (
              <Row
                key={node.dataset.name}
                node={node}
                mayRotate={may("data-key.rotate") && !rotate.isPending}
                mayRename={may("dataset.names") && !rename.isPending}
                onRotate={() => rotate.mutate(node.dataset.name)}
                onNames={(names) => rename.mutate({ dataset: node.dataset.name, names })}
              />
            ))}
          </tbody>
        </table>
      )}
      <CreateDataset tenant={tenant.id} opened={creating} onClose={() => setCreating(false)} />
    </Panel>
  );
}

interface RowProps {
  readonly node: DatasetNode;
  readonly mayRotate: boolean;
  readonly mayRename: boolean;
  readonly onRotate: () => void;
  readonly onNames: (names: string) => void;
}

function Row({ node, mayRotate, mayRename, onRotate, onNames }: RowProps) {
  const { dataset } = node;
  return (
    <tr>
      <td>
        <b>{dataset.name}</b> <span className="muted">v{dataset.current_version}</span>
        <div className="muted tiny">
          {dataset.regions.length === 0 ? "may lie anywhere" : dataset.regions.join(", ")}
        </div>
      </td>
      <td data-align="end">{grouped(node.data_keys)}</td>
      <td data-align="end" className={node.stale_data_keys > 0 ? classes.changed : "muted"}>
        {grouped(node.stale_data_keys)}
      </td>
      <td data-align="end">{grouped(node.objects)}</td>
      <td data-align="end">{bytes(node.bytes)}</td>
      <td>
        <TimeText value={node.newest_at} form="date" />
      </td>
      <td>
        {dataset.sidecar_stale ? (
          <Badge quiet tone="attention" icon="clock">
            behind
          </Badge>
        ) : (
          <Badge quiet tone="active" icon="active">
            current
          </Badge>
        )}
      </td>
      <td>
        <Select
          aria-label={`Names of ${dataset.name} in the log`}
          w={104}
          allowDeselect={false}
          disabled={!mayRename}
          data={nameSettings}
          value={dataset.names}
          onChange={(to) => {
            if (to !== null && to !== dataset.names) onNames(to);
          }}
        />
      </td>
      <td>
        <Button
          size="compact-xs"
          disabled={!mayRotate}
          title="New objects get a new data key; what is written stays readable"
          aria-label={`Rotate the data key of ${dataset.name}`}
          onClick={onRotate}
        >
          Rotate
        </Button>
      </td>
    </tr>
  );
}
