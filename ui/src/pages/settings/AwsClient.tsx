import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, Icon, Notice, Panel, providerName } from "@/design";
import { call, commands, failureOf, keys, type WorkspaceView } from "@/ipc";
import { Consequences } from "./Consequences";
import { Save } from "./RotationDefault";
import classes from "./settings.module.css";

/** Which providers answer here, and how AWS's client is set. */
export function AwsClient({ workspace }: { readonly workspace: WorkspaceView }) {
  const client = useQueryClient();
  const savedProfile = workspace.aws_profile ?? "";
  const savedEndpoint = workspace.aws_endpoint ?? "";
  const [profile, setProfile] = useState(savedProfile);
  const [endpoint, setEndpoint] = useState(savedEndpoint);
  const save = useMutation({
    mutationFn: () => call(commands.awsSet(profile.trim() || null, endpoint.trim() || null)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.workspace }),
  });
  const changed = profile.trim() !== savedProfile || endpoint.trim() !== savedEndpoint;
  return (
    <Panel title="Providers and credentials" note="whose keys can be root keys here">
      <ul className={classes.providers}>
        {workspace.providers.map((provider) => (
          <li key={provider}>
            <Icon name="key" size={13} />
            <b>{providerName(provider)}</b>
            <span className="muted">{about.get(provider)}</span>
          </li>
        ))}
      </ul>
      {workspace.providers.includes("aws-kms") && (
        <>
          <div className={classes.pair}>
            <TextInput
              label="AWS profile"
              placeholder="the environment’s"
              spellCheck={false}
              value={profile}
              onChange={(event) => setProfile(event.currentTarget.value)}
            />
            <TextInput
              label="AWS endpoint"
              placeholder="AWS’s own"
              spellCheck={false}
              value={endpoint}
              onChange={(event) => setEndpoint(event.currentTarget.value)}
            />
          </div>
          <Consequences
            of={[
              [
                "user",
                "Credentials are AWS’s own: its configuration files, environment or role. Keyward keeps none.",
              ],
              [
                "clock",
                "It holds from the next unlocking until Keyward is closed; KEYWARD_AWS_PROFILE and KEYWARD_AWS_ENDPOINT set it for every start.",
              ],
            ]}
          />
        </>
      )}
      {save.isSuccess && !changed && (
        <Notice
          tone="accent"
          icon="info"
          title="Set for the next unlocking"
          action={
            <Button onClick={() => void call(commands.workspaceLock())}>Lock and unlock now</Button>
          }
        />
      )}
      {save.error !== null && <ErrorNotice failure={failureOf(save.error)} />}
      {changed && (
        <Save
          pending={save.isPending}
          onUndo={() => {
            setProfile(savedProfile);
            setEndpoint(savedEndpoint);
          }}
          onSave={() => save.mutate()}
        />
      )}
    </Panel>
  );
}

/** What a provider is, for whoever chooses one. */
const about: ReadonlyMap<string, string> = new Map([
  ["aws-kms", "keys in a tenant’s own AWS account, called with its encryption context"],
  ["local", "keys sealed in this workspace’s folder, for tenants without a KMS"],
]);
