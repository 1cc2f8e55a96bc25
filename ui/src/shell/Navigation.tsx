import { NavLink } from "react-router";
import { Count, Icon } from "@/design";
import { useRole, useStanding, useWorkspace } from "@/ipc";
import { type Entry, navigation, settings } from "./navigation";
import { type Tally, useTallies } from "./tallies";
import classes from "./Navigation.module.css";

/** The pages that the role may open, with how much waits on each. */
export function Navigation() {
  const role = useRole();
  const tallies = useTallies();
  const workspace = useWorkspace().data;
  const version = useStanding().data?.version;
  return (
    <nav className={classes.navigation} aria-label="Pages">
      {role !== undefined &&
        navigation(role).map((group) => (
          <div key={group.title ?? ""} className={classes.group}>
            {group.title !== undefined && <h2>{group.title}</h2>}
            {group.entries.map((entry) => (
              <PageLink key={entry.path} entry={entry} tally={tallies[entry.path]} />
            ))}
          </div>
        ))}
      <div className={classes.end}>
        <PageLink entry={settings} />
        <footer className={classes.footer}>
          {workspace !== undefined && <div className="clip">Region {workspace.region}</div>}
          {version !== undefined && <div className="clip">Keyward {version} · live</div>}
        </footer>
      </div>
    </nav>
  );
}

function PageLink({ entry, tally }: { readonly entry: Entry; readonly tally?: Tally | undefined }) {
  return (
    <NavLink to={entry.path} className={classes.page ?? ""} title={`g ${entry.key}`}>
      <Icon name={entry.icon} size={15} />
      <span className="clip">{entry.title}</span>
      {tally !== undefined && tally.count > 0 && (
        <span className={classes.count} data-hot={tally.hot || undefined} title={tally.says}>
          <Count value={tally.count} />
          <span className="visually-hidden"> {tally.says}</span>
        </span>
      )}
    </NavLink>
  );
}
