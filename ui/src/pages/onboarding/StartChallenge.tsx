import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Choices, ErrorNotice, Icon } from "@/design";
import { call, commands, failureOf, keys, type RootKeyItem, useAdministrator } from "@/ipc";
import { keepChallenge } from "./answer-run";
import classes from "./onboarding.module.css";

const kinds = [
  {
    value: "decrypt",
    title: "Decrypt",
    says: "The tenant decrypts a number that only its key can open, and gives it back.",
  },
  {
    value: "tag",
    title: "Tag",
    says: "The tenant puts a tag with a secret value on the key. Nothing is copied back.",
  },
  {
    value: "attest",
    title: "Attest",
    says: "The tenant signs a statement: with an SSH key it has enrolled, or a signing key in the same account.",
  },
] as const;

interface StartChallengeProps {
  readonly rootKey: RootKeyItem;
  /** One was started before, and is over. */
  readonly again: boolean;
}

/** Chooses how the tenant proves that the key is its own. */
export function StartChallenge({ rootKey, again }: StartChallengeProps) {
  const administrator = useAdministrator();
  const client = useQueryClient();
  const [kind, setKind] = useState<(typeof kinds)[number]["value"]>("decrypt");
  const start = useMutation({
    mutationFn: () => call(commands.challengeStart(rootKey.id, kind)),
    onSuccess: async (item) => {
      keepChallenge(client, item);
      await client.invalidateQueries({ queryKey: keys.tenants.all });
    },
  });
  return (
    <div className={classes.form}>
      <Choices label="How the tenant proves it" choices={kinds} value={kind} onChange={setKind} />
      {start.error !== null && <ErrorNotice failure={failureOf(start.error)} />}
      <div className="row">
        <Button
          variant="filled"
          disabled={!administrator}
          title={administrator ? undefined : "administrators only"}
          loading={start.isPending}
          leftSection={<Icon name="play" />}
          onClick={() => start.mutate()}
        >
          {again ? "Start another challenge" : "Start the challenge"}
        </Button>
        <span className="muted small">single use, answered within fifteen minutes</span>
      </div>
    </div>
  );
}
