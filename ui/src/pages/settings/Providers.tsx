import { Icon, Panel, providerName } from "@/design";
import type { WorkspaceView } from "@/ipc";
import { AwsCredential } from "./AwsCredential";
import classes from "./settings.module.css";

/** Whose keys can be root keys here, and what their providers are called with. */
export function Providers({ workspace }: { readonly workspace: WorkspaceView }) {
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
      {workspace.providers.includes("aws-kms") && <AwsCredential workspace={workspace} />}
    </Panel>
  );
}

/** What a provider is, for whoever chooses one. */
const about: ReadonlyMap<string, string> = new Map([
  ["aws-kms", "keys in a tenant’s own AWS account, called with its encryption context"],
  ["local", "keys sealed in this workspace’s folder, for tenants without a KMS"],
]);
