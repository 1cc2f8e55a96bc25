import { Button, Modal, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, Segmented } from "@/design";
import { type Arguments, call, commands, failureOf } from "@/ipc";
import { type Consequence, Consequences } from "./Consequences";
import classes from "./settings.module.css";

type AwsInput = Arguments<"credentialSet">[0]["aws"];

interface AwsFormProps {
  readonly opened: boolean;
  /** Where it will rest: `the OS keyring`. */
  readonly place: string;
  readonly onClose: () => void;
  readonly onKept: () => void;
}

const empty = { id: "", secret: "", token: "", profile: "", region: "", endpoint: "" };
type Field = keyof typeof empty;

/** Takes a credential for AWS. Whatever becomes of it, the secrets leave the fields once they are sent. */
export function AwsForm({ opened, place, onClose, onKept }: AwsFormProps) {
  const [by, setBy] = useState<"key" | "profile">("key");
  const [typed, setTyped] = useState(empty);
  const keep = useMutation({
    mutationFn: (aws: AwsInput) => call(commands.credentialSet({ aws })),
    onSuccess: () => {
      onKept();
      onClose();
    },
  });
  const field = (name: Field) => ({
    spellCheck: false,
    autoComplete: "off",
    value: typed[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setTyped((before) => ({ ...before, [name]: value }));
    },
  });
  const whole = by === "key" ? typed.id !== "" && typed.secret !== "" : typed.profile !== "";
  const send = () => {
    keep.mutate(inputOf(by, typed));
    setTyped((before) => ({ ...before, secret: "", token: "" }));
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Sign in at AWS with">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (whole) send();
        }}
      >
        <Segmented
          label="Sign in with"
          options={[
            { value: "key", label: "An access key" },
            { value: "profile", label: "A profile" },
          ]}
          value={by}
          onChange={setBy}
        />
        {by === "key" ? (
          <>
            <TextInput
              label="Access key id"
              placeholder="AKIA…"
              data-autofocus
              classNames={{ input: "mono" }}
              {...field("id")}
            />
            <PasswordInput label="Secret access key" {...field("secret")} />
            <PasswordInput
              label="Session token"
              description="only for temporary keys, whose id begins with ASIA"
              {...field("token")}
            />
          </>
        ) : (
          <div className={classes.pair}>
            <TextInput label="Profile" placeholder="default" data-autofocus {...field("profile")} />
            <TextInput label="Region" placeholder="the profile’s own" {...field("region")} />
          </div>
        )}
        <TextInput
          label="Endpoint"
          description="a VPC endpoint, say; without one, AWS’s own address in each key’s region"
          placeholder="https://"
          {...field("endpoint")}
        />
        <Consequences of={consequences(by, place)} />
        {keep.error !== null && <ErrorNotice failure={failureOf(keep.error)} />}
        <div className={classes.formEnd}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" disabled={!whole} loading={keep.isPending}>
            Keep it
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const inputOf = (by: "key" | "profile", typed: typeof empty): AwsInput => ({
  access_key_id: by === "key" ? typed.id : null,
  secret_access_key: by === "key" ? typed.secret : null,
  session_token: by === "key" ? typed.token : null,
  profile: by === "profile" ? typed.profile : null,
  region: by === "profile" ? typed.region : null,
  endpoint: typed.endpoint,
});

const consequences = (by: "key" | "profile", place: string): readonly Consequence[] => [
  by === "key"
    ? ["lock", `The secret goes to ${place} and is never shown again.`]
    : ["user", "The profile’s credentials stay in AWS’s own files; only its name is kept."],
  ["check", "Calls to AWS use it from the next one on, in this window and every other."],
  ["audit", "That it was kept, by whom and as which identity is recorded; the secret isn’t."],
];
