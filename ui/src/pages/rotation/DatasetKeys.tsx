import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorNotice, Icon } from "@/design";
import { call, commands, failureOf, keys, type TenantDetail, useAdministrator } from "@/ipc";
import classes from "./rotation.module.css";

type Dataset = TenantDetail["datasets"][number];

/** Gives datasets new data keys: new objects use them, what is written stays readable. */
export function DatasetKeys({
  tenant,
  datasets,
}: {
  tenant: string;
  datasets: readonly Dataset[];
}) {
  const administrator = useAdministrator();
  const client = useQueryClient();
  const rotate = useMutation({
    mutationFn: (dataset: string) => call(commands.dataKeyRotate(tenant, dataset)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.tenants.all }),
  });
  if (datasets.length === 0) return <p className="muted small">It has no dataset yet.</p>;
  return (
    <div className={classes.stack}>
      <p className="muted small">
        New objects are written with the new data key; the one before still opens what is written.
      </p>
      {datasets.map((dataset) => (
        <div key={dataset.name} className={classes.dataset}>
          <span className="clip">{dataset.name}</span>
          <span className="muted">version {dataset.current_version}</span>
          <Button
            size="compact-xs"
            disabled={!administrator || rotate.isPending}
            leftSection={<Icon name="rotation" size={12} />}
            aria-label={`Rotate the data key of ${dataset.name}`}
            onClick={() => rotate.mutate(dataset.name)}
          >
            Rotate
          </Button>
        </div>
      ))}
      {rotate.error !== null && <ErrorNotice failure={failureOf(rotate.error)} />}
    </div>
  );
}
