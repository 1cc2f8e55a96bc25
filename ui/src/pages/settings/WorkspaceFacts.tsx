import { Badge, Facts, grouped, KeyChip, Panel } from "@/design";
import type { WorkspaceView } from "@/ipc";

interface WorkspaceFactsProps {
  readonly workspace: WorkspaceView;
  readonly version: string;
}

/** What the workspace is, and how this process holds its keys. */
export function WorkspaceFacts({ workspace, version }: WorkspaceFactsProps) {
  return (
    <Panel title="Workspace">
      <Facts
        facts={[
          ["Id", <KeyChip key="id" value={workspace.id} longest={28} />],
          [
            "Folder",
            <span key="folder" className="mono">
              {workspace.folder}
            </span>,
          ],
          ["Region", workspace.region],
          [
            "Objects",
            <span key="objects" className="mono">
              {workspace.objects_url}
            </span>,
          ],
          ["Tenants", grouped(workspace.tenants)],
          [
            "Secrets",
            workspace.secrets === "keyring"
              ? "in the OS keyring"
              : "in a file, sealed with a passphrase",
          ],
          ["Keys in memory", `${grouped(workspace.cached_keys)} unwrapped data keys`],
          [
            "Memory",
            workspace.memory_locked ? (
              <Badge key="memory" quiet tone="active" icon="lock">
                kept out of swap
              </Badge>
            ) : (
              <Badge key="memory" quiet tone="attention" icon="info">
                the system may swap it; raise its memory-lock limit
              </Badge>
            ),
          ],
          ["You", workspace.actor],
          ["Version", version],
        ]}
      />
    </Panel>
  );
}
