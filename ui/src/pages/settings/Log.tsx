import { Link } from "react-router";
import { CopyButton, Facts, grouped, KeyChip, Panel } from "@/design";
import type { WorkspaceView } from "@/ipc";
import classes from "./settings.module.css";

/** Whose log it is, and how others check it. */
export function Log({ workspace }: { readonly workspace: WorkspaceView }) {
  return (
    <Panel
      title="Log"
      note="what others need to verify it"
      end={
        <Link className="link" to="/audit">
          Go to the audit
        </Link>
      }
    >
      <Facts
        facts={[
          ["Records", grouped(workspace.records)],
          [
            "Origin",
            <span key="origin" className="mono">
              {workspace.origin}
            </span>,
          ],
          ["Verifier key", <KeyChip key="key" value={workspace.verifier_key} longest={48} />],
          [
            "Newest checkpoint",
            <CopyButton
              key="checkpoint"
              value={workspace.checkpoint}
              label="copy the signed note of the newest checkpoint"
              text="Copy the signed note"
            />,
          ],
        ]}
      />
      <p className={classes.hint}>
        The verifier key is public: give it to whoever checks a proof or an exported bundle.
      </p>
    </Panel>
  );
}
