import { NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, grouped, Panel } from "@/design";
import { call, commands, type Data, failureOf, keys } from "@/ipc";
import { Consequences } from "./Consequences";
import { Save } from "./RotationDefault";
import classes from "./settings.module.css";

const retentionKey = keys.audit.still("retention");

/** For how long the log's records stay in the database, and what encrypts their archives. */
export function Retention() {
  const kept = useQuery({
    queryKey: retentionKey,
    queryFn: () => call(commands.auditRetention()),
  });
  if (kept.data === undefined) {
    return (
      <Panel title="Retention">
        {kept.error !== null && <ErrorNotice failure={failureOf(kept.error)} />}
      </Panel>
    );
  }
  const { keep_days, archive_under } = kept.data;
  return <Kept key={`${String(keep_days)} ${archive_under ?? ""}`} saved={kept.data} />;
}

function Kept({ saved }: { readonly saved: Data<"auditRetention"> }) {
  const client = useQueryClient();
  const [days, setDays] = useState<number | string>(saved.keep_days);
  const [under, setUnder] = useState(saved.archive_under ?? "");
  const save = useMutation({
    mutationFn: () =>
      call(
        commands.auditRetentionSet(
          typeof days === "number" ? days : saved.keep_days,
          under.trim() === "" ? null : under.trim(),
        ),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: retentionKey }),
  });
  const value = typeof days === "number" ? days : saved.keep_days;
  const changed = value !== saved.keep_days || under.trim() !== (saved.archive_under ?? "");
  const [tenant] = under.split("/");
  return (
    <Panel title="Retention" note="of the log’s records">
      <div className={classes.setting}>
        <span id="keep-days">Records stay in the database for</span>
        <NumberInput
          aria-labelledby="keep-days"
          w={104}
          min={0}
          allowDecimal={false}
          suffix=" days"
          value={days}
          onChange={setDays}
        />
      </div>
      <TextInput
        label="Archives are encrypted under"
        placeholder="tenant/dataset"
        spellCheck={false}
        value={under}
        onChange={(event) => setUnder(event.currentTarget.value)}
      />
      <Consequences
        of={[
          ["store", `A sealed day may be archived once it is ${grouped(value)} whole days old.`],
          ["shield", "Hashes always stay here: the log verifies without its archives."],
          tenant === undefined || tenant === ""
            ? ["info", "Without a dataset to encrypt them under, no day is archived."]
            : ["revocation", `Revoking ${tenant} closes these archives as well.`],
        ]}
      />
      {save.error !== null && <ErrorNotice failure={failureOf(save.error)} />}
      {changed && (
        <Save
          pending={save.isPending}
          onUndo={() => {
            setDays(saved.keep_days);
            setUnder(saved.archive_under ?? "");
          }}
          onSave={() => save.mutate()}
        />
      )}
    </Panel>
  );
}
