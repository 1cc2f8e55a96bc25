import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  Badge,
  CopyButton,
  EmptyState,
  ErrorNotice,
  Icon,
  Notice,
  Segmented,
  shorten,
} from "@/design";
import { call, commands, failureOf, type KeyPolicyView, type ReadPolicyView } from "@/ipc";
import classes from "./onboarding.module.css";

interface PolicyProps {
  readonly tenant: string;
  /** Whole references: one, or one a region. */
  readonly references: readonly string[];
}

/** What the tenant has to allow at its provider, and whether it does. */
export function Policy({ tenant, references }: PolicyProps) {
  const [chosen, setChosen] = useState(0);
  const reference = references[chosen] ?? references[0];
  return (
    <aside className={classes.policy} aria-label="Policy for the tenant to apply">
      <h2>Policy for the tenant to apply</h2>
      {references.length > 1 && (
        <Segmented
          label="Which reference"
          value={String(Math.min(chosen, references.length - 1))}
          options={references.map((one, index) => ({
            value: String(index),
            label: shorten(one.replace(/^arn:[^:]+:kms:/, ""), 18),
          }))}
          onChange={(value) => setChosen(Number(value))}
        />
      )}
      {reference === undefined ? (
        <EmptyState>Once the reference is whole, the exact policy for it stands here.</EmptyState>
      ) : (
        <Asked key={reference} tenant={tenant} reference={reference} />
      )}
    </aside>
  );
}

function Asked({ tenant, reference }: { readonly tenant: string; readonly reference: string }) {
  const [principal, setPrincipal] = useState("");
  const asked = useQuery({
    queryKey: ["key-policy", tenant, reference, principal.trim()],
    queryFn: () => call(commands.keyPolicy(tenant, reference, principal.trim() || null)),
    placeholderData: (last) => last,
  });
  const read = useMutation({
    mutationFn: () => call(commands.keyPolicyRead(tenant, reference, principal.trim() || null)),
  });
  if (asked.error !== null) {
    return <ErrorNotice failure={failureOf(asked.error)} retry={() => void asked.refetch()} />;
  }
  const policy = asked.data;
  if (policy === undefined) return null;
  const shell = policy.form === "commands";
  return (
    <>
      {(policy.needs_principal || principal !== "") && (
        <TextInput
          label="As whom Keyward calls the provider"
          description={
            policy.needs_principal
              ? "The role’s ARN: until it is written in, the provider takes no such policy."
              : undefined
          }
          classNames={{ input: "mono" }}
          spellCheck={false}
          value={principal}
          onChange={(event) => {
            setPrincipal(event.currentTarget.value);
          }}
        />
      )}
      <div className="row">
        <span className="muted small">
          {shell ? "commands, run by the key’s owner" : "statements to add to the key’s policy"}
        </span>
        <span className="end">
          <CopyButton value={policy.text} label="copy the policy" text="Copy" />
        </span>
      </div>
      {/* It scrolls, so the keyboard must be able to stand in it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.text} tabIndex={0} aria-label="The policy">
        {policy.text}
      </pre>
      <Parts policy={policy} />
      <div>
        <Button
          loading={read.isPending}
          leftSection={<Icon name="shield" />}
          onClick={() => read.mutate()}
        >
          Read it back
        </Button>
      </div>
      {read.error !== null && <ErrorNotice failure={failureOf(read.error)} />}
      {read.data !== undefined && <Differences read={read.data} />}
    </>
  );
}

/** What each part is for. */
function Parts({ policy }: { readonly policy: KeyPolicyView }) {
  return (
    <dl className={classes.why}>
      {policy.parts.map((part) => (
        <div key={part.name}>
          <dt>
            <code>{part.name}</code>{" "}
            {part.optional && <span className="muted">may be left out</span>}{" "}
            <CopyButton value={part.text} label={`copy ${part.name} alone`} />
          </dt>
          <dd>{part.why}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The policy in force beside the one that is asked for. */
export function Differences({ read }: { readonly read: ReadPolicyView }) {
  const { differences } = read;
  if (differences === null) {
    return (
      <Notice tone="neutral" icon="info" title="There is no policy to read">
        This provider shows none: the challenge’s probes tell what is allowed.
      </Notice>
    );
  }
  const lists = [
    { title: "Not allowed yet", tone: "compromised", icon: "minus", items: differences.missing },
    {
      title: "Broader than asked for",
      tone: "attention",
      icon: "plus",
      items: differences.broader,
    },
    {
      title: "Not to be told from the text",
      tone: "neutral",
      icon: "info",
      items: differences.unsure,
    },
  ] as const;
  return (
    <div className={classes.form} aria-live="polite">
      <div>
        <Badge
          tone={differences.fine ? "active" : "attention"}
          icon={differences.fine ? "active" : "info"}
        >
          {differences.fine ? "in force as asked for" : "differs from what is asked for"}
        </Badge>
      </div>
      {lists
        .filter(({ items }) => items.length > 0)
        .map(({ title, tone, icon, items }) => (
          <section key={title} className={classes.difference} data-tone={tone}>
            <h3>
              <Icon name={icon} size={13} /> {title}
            </h3>
            <ul>
              {items.map((item) => (
                <li key={`${item.what} ${item.why}`}>
                  <code>{item.what}</code> {item.why}
                  {item.optional && <span className="muted"> (Keyward does without)</span>}
                </li>
              ))}
            </ul>
          </section>
        ))}
      {read.found !== null && (
        <details>
          <summary className="small">The policy in force</summary>
          <pre className={classes.text}>{read.found}</pre>
        </details>
      )}
    </div>
  );
}
