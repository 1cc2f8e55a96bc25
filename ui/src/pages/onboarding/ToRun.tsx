import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { CopyButton, ErrorNotice, Facts, Icon } from "@/design";
import { call, type ChallengeItem, commands, failureOf } from "@/ipc";
import classes from "./onboarding.module.css";

/** What the tenant runs with its own credentials to answer a challenge. */
export function ToRun({ item }: { readonly item: ChallengeItem }) {
  return (
    <div className={classes.form}>
      {item.command === null ? (
        <p className="small secondary">
          The tenant’s provider has no command for this; these are the facts to do it with.
        </p>
      ) : (
        <div>
          <div className="row">
            <span className="small secondary">The tenant runs, with its own credentials</span>
            <span className="end">
              <CopyButton value={item.command} label="copy the command" text="Copy" />
            </span>
          </div>
          <pre className={classes.command}>{item.command}</pre>
        </div>
      )}
      {item.command === null && item.ciphertext !== null && (
        <Facts
          facts={[
            ["Ciphertext", <Copied key="c" text={item.ciphertext} what="the ciphertext" />],
            ...item.encryption_context.map(
              ({ key, value }) => [key, <code key={key}>{value}</code>] as const,
            ),
          ]}
        />
      )}
      {item.tag_key !== null && item.tag_value !== null && (
        <Facts
          facts={[
            ["Tag", <code key="k">{item.tag_key}</code>],
            ["Value", <Copied key="v" text={item.tag_value} what="the tag’s value" />],
          ]}
        />
      )}
      {item.statement !== null && <Statement statement={item.statement} />}
    </div>
  );
}

function Statement({ statement }: { readonly statement: string }) {
  const save = useMutation({ mutationFn: () => call(commands.statementSave(statement)) });
  return (
    <div>
      <div className="row">
        <span className="small secondary">The statement to sign, to the byte</span>
        <span className="end row">
          <CopyButton value={statement} label="copy the statement" text="Copy" />
          <Button
            size="compact-xs"
            loading={save.isPending}
            leftSection={<Icon name="file" size={12} />}
            onClick={() => save.mutate()}
          >
            Save…
          </Button>
        </span>
      </div>
      <pre className={classes.command}>{statement}</pre>
      {save.data != null && <p className="muted small">Saved to {save.data}</p>}
      {save.error !== null && <ErrorNotice failure={failureOf(save.error)} />}
    </div>
  );
}

const Copied = ({ text, what }: { readonly text: string; readonly what: string }) => (
  <span className="row">
    <code className="clip">{text}</code>
    <CopyButton value={text} label={`copy ${what}`} />
  </span>
);
