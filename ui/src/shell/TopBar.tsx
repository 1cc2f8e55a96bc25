import { Icon, Keys } from "@/design";
import { useWorkspace } from "@/ipc";
import { openPalette } from "@/palette";
import { Identity } from "./Identity";
import { LogStanding } from "./LogStanding";
import classes from "./TopBar.module.css";

/** Which workspace this is, the way to everything in it, how its log stands, and who works here. */
export function TopBar() {
  const workspace = useWorkspace().data;
  return (
    <header className={classes.bar}>
      <div className={classes.workspace} title={workspace?.folder}>
        <span className={classes.mark}>
          <Icon name="key" />
        </span>
        <span className={classes.names}>
          <span className="clip">
            {workspace === undefined ? "Keyward" : workspaceName(workspace)}
          </span>
          {workspace !== undefined && <small className="clip">{workspace.region}</small>}
        </span>
      </div>
      <button type="button" className={classes.find} onClick={() => openPalette()}>
        <Icon name="search" />
        <span className="clip">Search or go to a tenant, key, record</span>
        <Keys keys="Ctrl K" />
      </button>
      <div className={classes.end}>
        <LogStanding />
        <i className={classes.separator} />
        <Identity />
      </div>
    </header>
  );
}

/** The log's origin is the name that a workspace was given; its folder's name says more to people. */
function workspaceName({ folder, origin }: { folder: string; origin: string }): string {
  return folder.split(/[\\/]/).findLast((part) => part !== "") ?? origin;
}
