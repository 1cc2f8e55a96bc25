import { Button } from "@mantine/core";
import { Icon } from "@/design";
import { call, commands, type WorkspaceStanding } from "@/ipc";
import classes from "../locked/locked.module.css";

/** There is no workspace in the folder yet. */
export default function FirstRun({ standing }: { readonly standing: WorkspaceStanding }) {
  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <h1>
          <Icon name="key" size={16} /> No workspace here yet
        </h1>
        <p className="muted small mono">{standing.folder}</p>
        <Button variant="filled" onClick={() => void call(commands.workspaceChoose())}>
          Open a workspace…
        </Button>
      </div>
    </main>
  );
}
