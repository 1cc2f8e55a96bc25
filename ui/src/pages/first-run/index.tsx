import type { WorkspaceStanding } from "@/ipc";
import { Alone } from "../locked/Alone";
import { Makes } from "./Makes";
import { NewWorkspace } from "./NewWorkspace";
import classes from "./first-run.module.css";

/** There is no workspace in the folder yet: make one, or choose another folder. */
export default function FirstRun({ standing }: { readonly standing: WorkspaceStanding }) {
  return (
    <Alone
      folder={standing.folder}
      standing={{ word: "No workspace yet", icon: "waiting", tone: "neutral" }}
    >
      <div className={classes.page}>
        <NewWorkspace standing={standing} />
        <Makes />
      </div>
    </Alone>
  );
}
