import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, Icon } from "@/design";
import { call, commands, failureOf, type WorkspaceStanding } from "@/ipc";
import classes from "./locked.module.css";

/** Asks for the workspace's secret, or says why it can't be opened. */
export default function Locked({ standing }: { readonly standing: WorkspaceStanding }) {
  const [passphrase, setPassphrase] = useState("");
  const unlock = useMutation({
    mutationFn: () => call(commands.workspaceUnlock(standing.passphrase ? passphrase : null, null)),
    onSettled: () => {
      setPassphrase("");
    },
  });
  const failure = unlock.error === null ? standing.failure : failureOf(unlock.error);
  return (
    <main className={classes.page}>
      <form
        className={classes.box}
        onSubmit={(event) => {
          event.preventDefault();
          unlock.mutate();
        }}
      >
        <h1>
          <Icon name="lock" size={16} /> Keyward is locked
        </h1>
        <p className="muted small mono">{standing.folder}</p>
        {failure !== null && <ErrorNotice failure={failure} />}
        {standing.standing === "locked" && (
          <>
            {standing.passphrase && (
              <PasswordInput
                label="Passphrase"
                data-autofocus
                value={passphrase}
                onChange={(event) => {
                  setPassphrase(event.currentTarget.value);
                }}
              />
            )}
            <Button type="submit" variant="filled" loading={unlock.isPending}>
              {standing.passphrase ? "Unlock" : "Unlock with the system’s keyring"}
            </Button>
          </>
        )}
        <Button variant="subtle" onClick={() => void call(commands.workspaceChoose())}>
          Open another workspace…
        </Button>
      </form>
    </main>
  );
}
