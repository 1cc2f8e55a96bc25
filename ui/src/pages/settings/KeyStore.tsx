import { ActionIcon, Button, Menu } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  Badge,
  EmptyState,
  ErrorNotice,
  Icon,
  type IconName,
  KeyChip,
  Panel,
  TimeText,
  type Tone,
} from "@/design";
import { call, commands, type Data, failureOf, keys } from "@/ipc";
import { type KeyForm, KeyForms } from "./KeyForms";
import classes from "./settings.module.css";

export type LocalKey = Data<"keystoreList">[number];

/** The operator's own keys, for tenants that have no key management. */
export function KeyStore() {
  const client = useQueryClient();
  const [form, setForm] = useState<KeyForm | null>(null);
  const list = useQuery({
    queryKey: keys.keystore,
    queryFn: () => call(commands.keystoreList()),
  });
  const again = () => client.invalidateQueries({ queryKey: keys.keystore });
  const change = useMutation({
    mutationFn: (work: () => Promise<unknown>) => work(),
    onSettled: again,
  });
  const failure = list.error ?? change.error;
  return (
    <Panel
      title="Local key store"
      note="sealed in the workspace’s folder"
      end={
        <Button
          size="compact-xs"
          leftSection={<Icon name="plus" size={12} />}
          onClick={() => setForm({ kind: "create" })}
        >
          Create a key…
        </Button>
      }
      flush
    >
      {failure !== null && (
        <div className={classes.part}>
          <ErrorNotice failure={failureOf(failure)} />
        </div>
      )}
      {list.data?.length === 0 && (
        <EmptyState>
          No keys yet. A tenant without a KMS of its own can have its root key here.
        </EmptyState>
      )}
      {list.data !== undefined && list.data.length > 0 && (
        <ul className={classes.keys}>
          {list.data.map((key) => (
            <Item key={key.name} of={key} run={change.mutate} ask={setForm} />
          ))}
        </ul>
      )}
      <KeyForms form={form} onClose={() => setForm(null)} onDone={() => void again()} />
    </Panel>
  );
}

const states: ReadonlyMap<string, readonly [Tone, IconName, string]> = new Map([
  ["enabled", ["active", "active", "enabled"]],
  ["disabled", ["suspended", "suspended", "disabled"]],
  ["pending-deletion", ["attention", "clock", "to be deleted"]],
  ["destroyed", ["destroyed", "destroyed", "destroyed"]],
]);

interface ItemProps {
  readonly of: LocalKey;
  readonly run: (work: () => Promise<unknown>) => void;
  readonly ask: (form: KeyForm) => void;
}

function Item({ of: key, run, ask }: ItemProps) {
  const [tone, icon, word] = states.get(key.state) ?? (["neutral", "info", key.state] as const);
  return (
    <li>
      <KeyChip value={key.reference} provider="local" longest={30} />
      <Badge quiet tone={tone} icon={icon}>
        {word}
        {key.deletion_at !== null && (
          <>
            {" "}
            <TimeText value={key.deletion_at} form="date" />
          </>
        )}
      </Badge>
      <span className="muted">version {key.version}</span>
      <span className="clip" title={key.tenants.join(", ")}>
        {key.tenants.length === 0 ? (
          <span className="muted">no tenant may use it</span>
        ) : (
          key.tenants.join(", ")
        )}
      </span>
      {key.state === "destroyed" ? <span /> : <Actions of={key} run={run} ask={ask} />}
    </li>
  );
}

function Actions({ of: key, run, ask }: ItemProps) {
  const { name, state } = key;
  return (
    <Menu width={220}>
      <Menu.Target>
        <ActionIcon aria-label={`actions of ${name}`}>
          <Icon name="down" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Icon name="plus" />} onClick={() => ask({ kind: "allow", key })}>
          Allow a tenant…
        </Menu.Item>
        {key.tenants.map((tenant) => (
          <Menu.Item
            key={tenant}
            leftSection={<Icon name="denied" />}
            onClick={() => run(() => call(commands.keystoreDeny(name, tenant)))}
          >
            Deny {tenant}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {state === "enabled" && (
          <>
            <Menu.Item
              leftSection={<Icon name="rotation" />}
              onClick={() => run(() => call(commands.keystoreRotate(name)))}
            >
              Give it a new version
            </Menu.Item>
            <Menu.Item
              leftSection={<Icon name="suspended" />}
              onClick={() => run(() => call(commands.keystoreEnable(name, false)))}
            >
              Disable it
            </Menu.Item>
          </>
        )}
        {state === "disabled" && (
          <Menu.Item
            leftSection={<Icon name="play" />}
            onClick={() => run(() => call(commands.keystoreEnable(name, true)))}
          >
            Enable it
          </Menu.Item>
        )}
        {state === "pending-deletion" ? (
          <Menu.Item
            leftSection={<Icon name="undo" />}
            onClick={() => run(() => call(commands.keystoreCancelDeletion(name)))}
          >
            Cancel its deletion
          </Menu.Item>
        ) : (
          <Menu.Item
            leftSection={<Icon name="destroyed" />}
            onClick={() => ask({ kind: "delete", key })}
          >
            Have it deleted…
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
