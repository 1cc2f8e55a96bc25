import { TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Choices, ErrorNotice, Panel, TypedConfirmation } from "@/design";
import { type BlastRadiusView, call, commands, failureOf } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import { atProvider, placeOf } from "./consequences";
import { useRuns } from "./run";
import classes from "./revocation.module.css";

export type How = "suspend" | "revoke" | "at-provider";

interface RevokeFormProps {
  readonly radius: BlastRadiusView;
  readonly name: string;
  readonly how: How;
  readonly onHow: (how: How) => void;
}

/** How to lock the tenant, why, and its id typed by hand. */
export function RevokeForm({ radius, name, how, onHow }: RevokeFormProps) {
  const may = useMay()(how === "suspend" ? "tenant.suspend" : "tenant.revoke");
  const runs = useRuns();
  const [reason, setReason] = useState("");
  const { tenant } = radius;
  const suspend = useMutation({
    mutationFn: () => call(commands.tenantSuspend(tenant, reason.trim())),
  });
  const confirm = () => {
    if (how === "suspend") suspend.mutate();
    else {
      void runs.revoke({
        tenant,
        typed: tenant,
        reason: reason.trim(),
        atProvider: how === "at-provider",
      });
    }
  };
  return (
    <Panel title="Confirm" end={may ? "is recorded in the log" : "not in this role"}>
      <div className={classes.form}>
        <HowToLock radius={radius} how={how} onHow={onHow} />
        <TextInput
          label="Reason, goes into the log"
          maxLength={500}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value);
          }}
        />
        {suspend.error !== null && <ErrorNotice failure={failureOf(suspend.error)} />}
        <TypedConfirmation
          name={tenant}
          icon="revocation"
          action={`${how === "suspend" ? "Suspend" : "Revoke"} ${name}`}
          onConfirm={confirm}
          pending={suspend.isPending}
          disabled={!may || reason.trim() === ""}
        />
      </div>
    </Panel>
  );
}

type HowToLockProps = Omit<RevokeFormProps, "name">;

function HowToLock({ radius, how, onHow }: HowToLockProps) {
  const key = radius.root_keys.find((one) => one.is_disabled_with);
  const provider = atProvider(radius);
  const place = placeOf(key);
  const choices = [
    {
      value: "suspend",
      title: "Suspend here",
      says:
        radius.state === "active"
          ? "Keyward evicts and refuses until it is restored. For a doubt."
          : "It is suspended already.",
      disabled: radius.state !== "active",
    },
    {
      value: "revoke",
      title: "Revoke here",
      says: "The same, told from a suspension in the log, and measured in a time line.",
    },
    {
      value: "at-provider",
      title: `Revoke here and disable the root key at ${place}`,
      says: provider.says,
      disabled: !provider.may,
    },
  ] as const;
  return <Choices label="How to lock the tenant" choices={choices} value={how} onChange={onHow} />;
}
