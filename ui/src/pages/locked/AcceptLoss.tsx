import { Button, PasswordInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/design";
import type { WorkspaceStanding } from "@/ipc";
import type { Unlocking } from "./use-unlock";
import classes from "./locked.module.css";

interface AcceptLossProps {
  readonly standing: WorkspaceStanding;
  readonly unlocking: Unlocking;
  readonly onLeave: () => void;
}

/** The fewest letters that can be a reason. */
const SHORTEST = 12;

/** Goes on with a log that contradicts its anchor; the reason is recorded. */
export function AcceptLoss({ standing, unlocking, onLeave }: AcceptLossProps) {
  const [reason, setReason] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const ready = reason.trim().length >= SHORTEST && (!standing.passphrase || passphrase.length > 0);
  return (
    <form
      className={classes.accept}
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        setPassphrase("");
        unlocking.mutate({
          passphrase: standing.passphrase ? passphrase : null,
          reason: reason.trim(),
        });
      }}
    >
      <Textarea
        label="Why the right one can’t be brought back"
        description="A sentence for those who read the log later; it is recorded with both checkpoints and your account."
        rows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {standing.passphrase && (
        <PasswordInput
          label="Passphrase"
          autoComplete="off"
          value={passphrase}
          onChange={(event) => setPassphrase(event.currentTarget.value)}
        />
      )}
      <div className={classes.foot}>
        <Button onClick={onLeave}>Leave it closed</Button>
        <Button
          type="submit"
          variant="danger"
          disabled={!ready}
          loading={unlocking.isPending}
          leftSection={<Icon name="compromised" />}
        >
          Accept the loss and open
        </Button>
      </div>
    </form>
  );
}
