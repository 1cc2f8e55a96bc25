import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import classes from "./onboarding.module.css";

/** The SSH keys whose signature stands for the tenant; one is needed to attest with SSH. */
export function Signers({ tenant }: { readonly tenant: string }) {
  const may = useMay()("approver.enroll");
  const client = useQueryClient();
  const [line, setLine] = useState("");
  const approvers = useQuery({
    queryKey: keys.approvers(tenant),
    queryFn: () => call(commands.approversList(tenant)),
  });
  const enroll = useMutation({
    mutationFn: () => call(commands.approverEnroll(tenant, line.trim())),
    onSuccess: async () => {
      setLine("");
      await client.invalidateQueries({ queryKey: keys.approvers(tenant) });
    },
  });
  if (approvers.error !== null) return <ErrorNotice failure={failureOf(approvers.error)} />;
  return (
    <div className={classes.form}>
      <p className="small secondary">
        {approvers.data?.length === 0
          ? "No SSH key stands for this tenant yet: enrol the one that will sign."
          : `Enrolled: ${approvers.data?.map((one) => one.comment || one.fingerprint).join(", ") ?? "…"}`}
      </p>
      {/* The signature's own form lies around this one, so it isn't a form of its own. */}
      <div className={classes.answer}>
        <TextInput
          label="Enrol a public key, OpenSSH’s line"
          placeholder="ssh-ed25519 AAAA… name"
          classNames={{ input: "mono" }}
          spellCheck={false}
          value={line}
          onChange={(event) => {
            setLine(event.currentTarget.value);
          }}
        />
        <Button
          disabled={!may || line.trim() === ""}
          loading={enroll.isPending}
          onClick={() => enroll.mutate()}
        >
          Enrol
        </Button>
      </div>
      {enroll.error !== null && <ErrorNotice failure={failureOf(enroll.error)} />}
    </div>
  );
}
