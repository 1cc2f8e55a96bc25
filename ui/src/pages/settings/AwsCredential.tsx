import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Badge, ErrorNotice, Facts, KeyChip, Notice, TimeText } from "@/design";
import { call, commands, type CredentialItem, failureOf, keys, type WorkspaceView } from "@/ipc";
import { AwsForm } from "./AwsForm";
import { Consequences } from "./Consequences";
import classes from "./settings.module.css";

/** How Keyward signs in at AWS. What proves it is written and never read back. */
export function AwsCredential({ workspace }: { readonly workspace: WorkspaceView }) {
  const client = useQueryClient();
  const [form, setForm] = useState(false);
  const kept = useQuery({
    queryKey: keys.credentials,
    queryFn: () => call(commands.credentialsList()),
  });
  const again = () => client.invalidateQueries({ queryKey: keys.credentials });
  const remove = useMutation({
    mutationFn: () => call(commands.credentialRemove("aws")),
    onSuccess: again,
  });
  const aws = kept.data?.find((one) => one.kind === "aws");
  const failure = remove.error ?? kept.error;
  return (
    <section className={classes.credential} aria-label="Signing in at AWS">
      <header>
        <h3>Signing in at AWS</h3>
        {kept.data !== undefined && (
          <Button size="compact-xs" onClick={() => setForm(true)}>
            {aws === undefined ? "Keep a credential…" : "Replace…"}
          </Button>
        )}
        {aws !== undefined && <Remove pending={remove.isPending} onRemove={remove.mutate} />}
      </header>
      {failure !== null && (
        <ErrorNotice
          failure={failureOf(failure)}
          {...(remove.error === null ? { retry: () => void kept.refetch() } : {})}
        />
      )}
      {kept.data !== undefined &&
        (aws === undefined ? (
          <Consequences
            of={[
              [
                "user",
                "By AWS’s own configuration: its files, its environment variables, or the machine’s role. Keyward keeps nothing of it.",
              ],
            ]}
          />
        ) : (
          <Kept aws={aws} place={workspace.secrets} />
        ))}
      {(workspace.aws_profile !== null || workspace.aws_endpoint !== null) && (
        <Notice tone="accent" icon="info" title="The environment goes before it">
          {[
            workspace.aws_profile !== null && `KEYWARD_AWS_PROFILE is ${workspace.aws_profile}`,
            workspace.aws_endpoint !== null && `KEYWARD_AWS_ENDPOINT is ${workspace.aws_endpoint}`,
          ]
            .filter((says) => says !== false)
            .join(", and ")}
          , as this window was started.
        </Notice>
      )}
      <AwsForm
        // Each opening begins empty.
        key={form ? "open" : "closed"}
        opened={form}
        place={placeOf(workspace.secrets)}
        onClose={() => setForm(false)}
        onKept={() => void again()}
      />
    </section>
  );
}

function Kept({ aws, place }: { readonly aws: CredentialItem; readonly place: string }) {
  if (aws.identity === null) {
    return (
      <Notice tone="suspended" icon="suspended" title="What is kept can’t be read">
        AWS isn’t called at all until it is replaced or removed: nothing else is tried in its place.
      </Notice>
    );
  }
  return (
    <Facts
      facts={[
        [
          "As",
          <span key="as" className={classes.identity}>
            <KeyChip value={aws.identity} longest={32} />
            {aws.temporary && (
              <Badge quiet tone="attention" icon="clock">
                ends with its session
              </Badge>
            )}
          </span>,
        ],
        ["Region", aws.region],
        [
          "Endpoint",
          aws.endpoint !== null && (
            <span key="endpoint" className="mono">
              {aws.endpoint}
            </span>
          ),
        ],
        ["Kept", `in ${placeOf(place)}; it is never shown again`],
        [
          "Since",
          aws.set_at !== null && (
            <span key="since">
              <TimeText value={aws.set_at} /> by {aws.set_by}
            </span>
          ),
        ],
      ]}
    />
  );
}

interface RemoveProps {
  readonly pending: boolean;
  readonly onRemove: () => void;
}

/** In two steps, since the secret can't be brought back from here. */
function Remove({ pending, onRemove }: RemoveProps) {
  const [asked, setAsked] = useState(false);
  if (!asked) {
    return (
      <Button size="compact-xs" onClick={() => setAsked(true)}>
        Remove…
      </Button>
    );
  }
  return (
    <>
      <Button size="compact-xs" onClick={() => setAsked(false)}>
        Keep it
      </Button>
      <Button size="compact-xs" variant="danger" loading={pending} onClick={onRemove}>
        Remove it for good
      </Button>
    </>
  );
}

const placeOf = (secrets: string): string =>
  secrets === "keyring" ? "the OS keyring" : "the file that the passphrase seals";
