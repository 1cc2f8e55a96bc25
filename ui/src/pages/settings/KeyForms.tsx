import { Button, Modal, MultiSelect, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, grouped, TypedConfirmation } from "@/design";
import { call, commands, failureOf, useTenants } from "@/ipc";
import { Consequences } from "./Consequences";
import type { LocalKey } from "./KeyStore";
import classes from "./settings.module.css";

/** What is asked for before a key of the local key store is made or changed. */
export type KeyForm =
  | { readonly kind: "create" }
  | { readonly kind: "allow"; readonly key: LocalKey }
  | { readonly kind: "delete"; readonly key: LocalKey };

interface KeyFormsProps {
  readonly form: KeyForm | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

export function KeyForms({ form, onClose, onDone }: KeyFormsProps) {
  const done = () => {
    onDone();
    onClose();
  };
  return (
    <>
      <Modal opened={form?.kind === "create"} onClose={onClose} title="Create a local key">
        <Create onClose={onClose} onDone={done} />
      </Modal>
      <Modal opened={form?.kind === "allow"} onClose={onClose} title="Allow a tenant">
        {form?.kind === "allow" && <Allow of={form.key} onClose={onClose} onDone={done} />}
      </Modal>
      <Modal opened={form?.kind === "delete"} onClose={onClose} title="Have a key deleted">
        {form?.kind === "delete" && <Deletion of={form.key} onClose={onClose} onDone={done} />}
      </Modal>
    </>
  );
}

interface FormProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

interface OfKey extends FormProps {
  readonly of: LocalKey;
}

function Create({ onClose, onDone }: FormProps) {
  const tenants = useTenants().data?.map((tenant) => tenant.id) ?? [];
  const [name, setName] = useState("");
  const [allowed, setAllowed] = useState<string[]>([]);
  const create = useMutation({
    mutationFn: () => call(commands.keystoreCreate(name.trim(), allowed)),
    onSuccess: onDone,
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="Its reference is local:NAME."
        data-autofocus
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MultiSelect
        size="xs"
        label="Tenants that may wrap and unwrap with it"
        data={tenants}
        value={allowed}
        onChange={setAllowed}
        searchable
      />
      {create.error !== null && <ErrorNotice failure={failureOf(create.error)} />}
      <div className={classes.formEnd}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="filled"
          disabled={name.trim() === ""}
          loading={create.isPending}
        >
          Create the key
        </Button>
      </div>
    </form>
  );
}

function Allow({ of: key, onClose, onDone }: OfKey) {
  const tenants = useTenants().data?.map((tenant) => tenant.id) ?? [];
  const [tenant, setTenant] = useState<string | null>(null);
  const allow = useMutation({
    mutationFn: (who: string) => call(commands.keystoreAllow(key.name, who)),
    onSuccess: onDone,
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (tenant !== null) allow.mutate(tenant);
      }}
    >
      <Select
        label={`Tenant that may wrap and unwrap with ${key.name}`}
        data-autofocus
        data={tenants.filter((one) => !key.tenants.includes(one))}
        value={tenant}
        onChange={setTenant}
        searchable
      />
      {allow.error !== null && <ErrorNotice failure={failureOf(allow.error)} />}
      <div className={classes.formEnd}>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="filled" disabled={tenant === null} loading={allow.isPending}>
          Allow it
        </Button>
      </div>
    </form>
  );
}

function Deletion({ of: key, onClose, onDone }: OfKey) {
  const [days, setDays] = useState<number | string>(30);
  const schedule = useMutation({
    mutationFn: (after: number) => call(commands.keystoreScheduleDeletion(key.name, after)),
    onSuccess: onDone,
  });
  const valid = typeof days === "number" && days >= 7 && days <= 30;
  return (
    <div className={classes.form}>
      <NumberInput
        label="Deleted after"
        description="7 to 30 days, in which it can be cancelled"
        min={7}
        max={30}
        allowDecimal={false}
        suffix=" days"
        value={days}
        onChange={setDays}
      />
      <Consequences
        of={[
          ["denied", "From now on nobody can use the key: its tenants are refused."],
          [
            "tenants",
            key.tenants.length === 0
              ? "No tenant may use it."
              : `${key.tenants.join(", ")}: what is wrapped under it can't be read.`,
          ],
          [
            "destroyed",
            valid
              ? `After ${grouped(days)} days what it wraps is lost for good.`
              : "After the waiting time what it wraps is lost for good.",
          ],
        ]}
      />
      {schedule.error !== null && <ErrorNotice failure={failureOf(schedule.error)} />}
      <TypedConfirmation
        name={key.name}
        action={`Have ${key.name} deleted`}
        icon="destroyed"
        disabled={!valid}
        pending={schedule.isPending}
        onConfirm={() => {
          if (valid) schedule.mutate(days);
        }}
        leave={<Button onClick={onClose}>Keep it</Button>}
      />
    </div>
  );
}
