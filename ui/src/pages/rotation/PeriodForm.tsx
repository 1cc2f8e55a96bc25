import { Button, NumberInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, useNow } from "@/design";
import { call, commands, failureOf, keys, type TenantRow, useAdministrator } from "@/ipc";
import { overdueWith } from "./age";
import classes from "./rotation.module.css";

interface PeriodFormProps {
  /** Whose period; `null` is the workspace's. */
  readonly tenant: string | null;
  /** The period in force, in days. */
  readonly days: number;
  /** Whether the tenant has a period of its own, which can be taken away again. */
  readonly own: boolean;
  /** Those that the period holds for. */
  readonly rows: readonly TenantRow[];
}

/** For how many days a root key version may stay current, and what another period would mean. */
export function PeriodForm({ tenant, days, own, rows }: PeriodFormProps) {
  const administrator = useAdministrator();
  const client = useQueryClient();
  const now = useNow();
  const [wanted, setWanted] = useState<number | null>(days);
  const set = useMutation({
    mutationFn: (to: number | null) => call(commands.rotationPeriodSet(tenant, to)),
    onSuccess: () =>
      Promise.all(
        [keys.tenants.all, keys.rotation.all].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      ),
  });
  const overdue = wanted === null ? [] : overdueWith(rows, wanted, now);
  return (
    <form
      className={classes.stack}
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted !== null) set.mutate(wanted);
      }}
    >
      <div className={classes.row}>
        <NumberInput
          label={tenant === null ? "The workspace’s period, days" : "This tenant’s period, days"}
          value={wanted ?? ""}
          min={1}
          max={3650}
          allowDecimal={false}
          clampBehavior="none"
          onChange={(value) => {
            setWanted(typeof value === "number" ? value : null);
          }}
        />
        <Button
          type="submit"
          disabled={!administrator || wanted === null || wanted === days}
          loading={set.isPending}
        >
          Set
        </Button>
        {own && (
          <Button
            variant="subtle"
            disabled={!administrator}
            onClick={() => set.mutate(null, { onSuccess: () => setWanted(null) })}
          >
            Use the workspace’s
          </Button>
        )}
      </div>
      <p className="muted small">
        {wanted === null
          ? "A whole number of days."
          : `With ${String(wanted)} days, ${consequence(overdue, rows.length)}. What is overdue goes on working: it is shown as due, and nothing rotates by itself.`}
      </p>
      {set.error !== null && <ErrorNotice failure={failureOf(set.error)} />}
    </form>
  );
}

/** Who would be overdue at once. */
export function consequence(overdue: readonly TenantRow[], all: number): string {
  if (all === 1) return overdue.length === 0 ? "it isn’t overdue" : "it is overdue at once";
  if (overdue.length === 0) return "no root key is overdue";
  const named = overdue.slice(0, 3).map((row) => row.display_name);
  const rest = overdue.length - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${String(rest)} more` : ""} ${overdue.length === 1 ? "is" : "are"} overdue at once`;
}
