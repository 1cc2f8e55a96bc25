import { Button, Checkbox, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { bytes, ErrorNotice, grouped, Icon, Notice, Panel, TypedConfirmation } from "@/design";
import { call, commands, failureOf } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import type { HierarchyView } from "@/pages/hierarchy/queries";
import { counted } from "@/pages/hierarchy/words";
import { useChange } from "./use-change";
import classes from "./tenants.module.css";

/** What can be done to the whole tenant, from what can be undone to what can’t. */
export function Actions({ of: found }: { readonly of: HierarchyView }) {
  const { state } = found.tenant;
  if (state === "offboarded") {
    return (
      <Notice tone="destroyed" icon="destroyed" title="It has left">
        Keyward has forgotten its keys. Its records stay in the log, and its id is never used again.
      </Notice>
    );
  }
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        {state === "active" && <Suspend of={found} />}
        {(state === "suspended" || state === "revoked") && <Restore of={found} />}
        {state !== "pending" && <Revoke of={found} />}
      </div>
      <OffBoard of={found} />
    </div>
  );
}

interface ActionProps {
  readonly of: HierarchyView;
}

function Suspend({ of: { tenant } }: ActionProps) {
  const may = useMay()("tenant.suspend");
  const [reason, setReason] = useState("");
  const suspend = useChange(() => call(commands.tenantSuspend(tenant.id, reason.trim())));
  return (
    <Panel title="Suspend by hand" end="can be undone">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          suspend.mutate(undefined);
        }}
      >
        <p className="secondary small">
          Every read and write of {tenant.display_name} is refused at once, and its unwrapped data
          keys are wiped, until somebody restores it.
        </p>
        <TextInput
          label="Reason, goes into the log"
          maxLength={500}
          disabled={!may}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {suspend.error !== null && <ErrorNotice failure={failureOf(suspend.error)} />}
        <div className={classes.formEnd}>
          <Button
            type="submit"
            disabled={!may || reason.trim() === ""}
            loading={suspend.isPending}
            leftSection={<Icon name="suspended" />}
          >
            Suspend {tenant.display_name}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Restore({ of: { tenant } }: ActionProps) {
  const may = useMay()("tenant.restore");
  const [atProvider, setAtProvider] = useState(false);
  const restore = useChange(() => call(commands.tenantRestore(tenant.id, atProvider)));
  return (
    <Panel title="Restore" end="probes its root key first">
      <div className={classes.form}>
        <p className="secondary small">
          It reads and writes again if its root key answers in its own context and in no other; else
          it stays locked.
        </p>
        <Checkbox
          size="xs"
          label="First enable the root key at its provider"
          disabled={!may}
          checked={atProvider}
          onChange={(event) => setAtProvider(event.currentTarget.checked)}
        />
        {restore.error !== null && <ErrorNotice failure={failureOf(restore.error)} />}
        <div className={classes.formEnd}>
          <Button
            disabled={!may}
            loading={restore.isPending}
            leftSection={<Icon name="undo" />}
            onClick={() => restore.mutate(undefined)}
          >
            Restore {tenant.display_name}
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function Revoke({ of: { tenant } }: ActionProps) {
  const may = useMay()("tenant.revoke");
  const navigate = useNavigate();
  return (
    <Panel title="Revoke" end="can be undone by restoring">
      <div className={classes.form}>
        <p className="secondary small">
          Locks it as a suspension does, measured, and disables its root key at the provider if that
          is asked for. What would stop is shown first.
        </p>
        <div className={classes.formEnd}>
          <Button
            variant="danger"
            disabled={!may}
            leftSection={<Icon name="revocation" />}
            onClick={() => void navigate(`/revocation/${encodeURIComponent(tenant.id)}`)}
          >
            Revoke…
          </Button>
        </div>
      </div>
    </Panel>
  );
}

function OffBoard({ of: { tenant, datasets } }: ActionProps) {
  const may = useMay()("tenant.offboard");
  const [deleteData, setDeleteData] = useState(false);
  const offBoard = useChange(() => call(commands.tenantOffboard(tenant.id, deleteData)));
  const sum = (of: (one: (typeof datasets)[number]) => number) =>
    datasets.reduce((total, one) => total + of(one), 0);
  const objects = sum((one) => one.objects);
  return (
    <Panel title="Off-board" end="for good">
      <div className={classes.form}>
        <Notice tone="compromised" icon="destroyed" title="This can’t be undone">
          Keyward wipes{" "}
          {counted(
            sum((one) => one.data_keys),
            "wrapped data key",
          )}{" "}
          and never opens its {counted(objects, "object")} again ({bytes(sum((one) => one.bytes))}).{" "}
          {deleteData
            ? "Its objects and sidecars are deleted too: nothing of its data remains here."
            : "Its objects stay where they are: the tenant opens them with its own root key and the sidecars beside them."}
        </Notice>
        <Checkbox
          size="xs"
          label={`Delete its ${grouped(objects)} ${objects === 1 ? "object" : "objects"} and sidecars too`}
          disabled={!may}
          checked={deleteData}
          onChange={(event) => setDeleteData(event.currentTarget.checked)}
        />
        {offBoard.error !== null && <ErrorNotice failure={failureOf(offBoard.error)} />}
        <TypedConfirmation
          name={tenant.id}
          action={`Off-board ${tenant.display_name}`}
          icon="destroyed"
          disabled={!may}
          pending={offBoard.isPending}
          onConfirm={() => offBoard.mutate(undefined)}
        />
      </div>
    </Panel>
  );
}
