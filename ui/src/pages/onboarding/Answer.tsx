import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, Icon, Segmented } from "@/design";
import {
  type AnswerInput,
  call,
  type ChallengeItem,
  commands,
  failureOf,
  useAdministrator,
} from "@/ipc";
import { useAnswer } from "./answer-run";
import { Signers } from "./Signers";
import classes from "./onboarding.module.css";

interface AnswerProps {
  readonly tenant: string;
  readonly id: string;
  readonly kind: string;
  readonly item: ChallengeItem | undefined;
  readonly running: boolean;
}

/** What the tenant brings, by the challenge’s kind. */
export function Answer({ tenant, id, kind, item, running }: AnswerProps) {
  const answer = useAnswer();
  const send = (input: AnswerInput) => void answer(id, input);
  if (kind === "tag") return <Tagged item={item} running={running} onAnswer={send} />;
  if (kind === "attest") return <Signed tenant={tenant} running={running} onAnswer={send} />;
  return <Decrypted running={running} onAnswer={send} />;
}

interface KindProps {
  readonly running: boolean;
  readonly onAnswer: (answer: AnswerInput) => void;
}

function Decrypted({ running, onAnswer }: KindProps) {
  const [nonce, setNonce] = useState("");
  return (
    <form
      className={classes.answer}
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer({ kind: "decrypted", nonce: nonce.trim() });
      }}
    >
      <TextInput
        label="What the command printed, in base64"
        classNames={{ input: "mono" }}
        autoComplete="off"
        spellCheck={false}
        value={nonce}
        onChange={(event) => {
          setNonce(event.currentTarget.value);
        }}
      />
      <Button type="submit" variant="filled" disabled={nonce.trim() === ""} loading={running}>
        Check it
      </Button>
    </form>
  );
}

function Tagged({ item, running, onAnswer }: KindProps & { readonly item: AnswerProps["item"] }) {
  const administrator = useAdministrator();
  const name = item?.reference.startsWith("local:") === true ? item.reference.slice(6) : null;
  const tag = useMutation({
    mutationFn: async () => {
      if (name === null || item?.tag_key == null || item.tag_value === null) return;
      await call(commands.keystoreTag(name, item.tag_key, item.tag_value));
    },
  });
  return (
    <div className={classes.form}>
      <div className="row">
        {name !== null && (
          <Button
            disabled={!administrator || tag.isSuccess}
            loading={tag.isPending}
            leftSection={<Icon name={tag.isSuccess ? "check" : "key"} />}
            onClick={() => tag.mutate()}
          >
            {tag.isSuccess ? "Tagged" : "Tag it in the local key store"}
          </Button>
        )}
        <Button variant="filled" loading={running} onClick={() => onAnswer({ kind: "tagged" })}>
          The tag is set: check it
        </Button>
      </div>
      {tag.error !== null && <ErrorNotice failure={failureOf(tag.error)} />}
    </div>
  );
}

const algorithms = [
  "ecdsa-p256-sha256",
  "ecdsa-p384-sha384",
  "rsa-pss-sha256",
  "rsa-pkcs1-sha256",
] as const;

function Signed({ tenant, running, onAnswer }: KindProps & { readonly tenant: string }) {
  const [by, setBy] = useState<"ssh" | "kms">("ssh");
  const [key, setKey] = useState("");
  const [algorithm, setAlgorithm] = useState<string>(algorithms[0]);
  const [signature, setSignature] = useState("");
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        onAnswer(
          by === "ssh"
            ? { kind: "ssh-signature", signature }
            : { kind: "kms-signature", key: key.trim(), algorithm, signature: signature.trim() },
        );
      }}
    >
      <div>
        <Segmented
          label="Signed by"
          value={by}
          onChange={setBy}
          options={[
            { value: "ssh", label: "an SSH key" },
            { value: "kms", label: "a key in AWS KMS" },
          ]}
        />
      </div>
      {by === "ssh" ? (
        <Signers tenant={tenant} />
      ) : (
        <div className={classes.two}>
          <TextInput
            label="The signing key"
            classNames={{ input: "mono" }}
            spellCheck={false}
            value={key}
            onChange={(event) => {
              setKey(event.currentTarget.value);
            }}
          />
          <Select
            label="Algorithm"
            data={[...algorithms]}
            value={algorithm}
            allowDeselect={false}
            onChange={(value) => {
              setAlgorithm(value ?? algorithms[0]);
            }}
          />
        </div>
      )}
      <Textarea
        label={by === "ssh" ? "The .sig file’s text" : "The signature, in base64"}
        classNames={{ input: "mono" }}
        minRows={3}
        autosize
        maxRows={8}
        spellCheck={false}
        value={signature}
        onChange={(event) => {
          setSignature(event.currentTarget.value);
        }}
      />
      <div>
        <Button
          type="submit"
          variant="filled"
          loading={running}
          disabled={signature.trim() === "" || (by === "kms" && key.trim() === "")}
        >
          Check it
        </Button>
      </div>
    </form>
  );
}
