import { Button, NumberInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge, ErrorNotice, grouped, Panel } from "@/design";
import { call, commands, failureOf, keys, useTenants } from "@/ipc";
import { Consequences } from "./Consequences";
import classes from "./settings.module.css";

/** For how long a root key version may stay current, where a tenant says nothing else. */
export function RotationDefault() {
  const period = useQuery({
    queryKey: keys.rotation.period(null),
    queryFn: () => call(commands.rotationPeriod(null)),
  });
  if (period.data === undefined) {
    return (
      <Panel title="Rotation">
        {period.error !== null && <ErrorNotice failure={failureOf(period.error)} />}
      </Panel>
    );
  }
  // Anew for another saved value: what is typed starts from it.
  return <Period key={period.data.default_days} saved={period.data.default_days} />;
}

function Period({ saved }: { readonly saved: number }) {
  const client = useQueryClient();
  const tenants = useTenants().data ?? [];
  const [days, setDays] = useState<number | string>(saved);
  const save = useMutation({
    mutationFn: (to: number | null) => call(commands.rotationPeriodSet(null, to)),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: keys.rotation.all }),
        client.invalidateQueries({ queryKey: keys.tenants.all }),
      ]),
  });
  const own = tenants.filter((tenant) => tenant.rotation_days_own).length;
  const value = typeof days === "number" ? days : saved;
  const changed = typeof days === "number" && days !== saved;
  return (
    <Panel title="Rotation" note="where a tenant has no period of its own">
      <div className={classes.setting}>
        <span id="rotation-days">A root key version stays current for</span>
        <NumberInput
          aria-labelledby="rotation-days"
          w={104}
          min={1}
          max={3650}
          allowDecimal={false}
          suffix=" days"
          value={days}
          onChange={setDays}
        />
      </div>
      <Consequences
        of={[
          ["clock", `${grouped(value)} days after a version became current, its rotation is due.`],
          [
            "info",
            "Nothing is rotated by itself: it is named on the overview until somebody does.",
          ],
          [
            "tenants",
            `${grouped(tenants.length - own)} of ${grouped(tenants.length)} tenants follow it; ${grouped(own)} have their own period.`,
          ],
        ]}
      />
      {save.error !== null && <ErrorNotice failure={failureOf(save.error)} />}
      {changed && (
        <Save
          pending={save.isPending}
          onUndo={() => setDays(saved)}
          onSave={() => save.mutate(value)}
        />
      )}
    </Panel>
  );
}

interface SaveProps {
  readonly pending: boolean;
  readonly disabled?: boolean;
  readonly onUndo: () => void;
  readonly onSave: () => void;
}

/** A change that isn't saved yet. */
export function Save({ pending, disabled = false, onUndo, onSave }: SaveProps) {
  return (
    <div className={classes.save}>
      <Badge tone="attention" icon="edit">
        not saved
      </Badge>
      <Button onClick={onUndo}>Undo</Button>
      <Button variant="filled" loading={pending} disabled={disabled} onClick={onSave}>
        Save
      </Button>
    </div>
  );
}
