import { SHARED } from "./regions";
import shared from "../hierarchy.module.css";
import classes from "./map.module.css";

/** What the cells mean, and how the map is moved. */
export function MapLegend({ someShared }: { readonly someShared: boolean }) {
  return (
    <div className={shared.legend}>
      <span>
        <i className={classes.well} data-tone="active" />
        {someShared ? `${SHARED} that are well` : "well"}, bar: rotation age
      </span>
      <span>
        <i className={classes.risk} data-tone="compromised" />
        <i className={classes.risk} data-tone="denied" />
        <i className={classes.risk} data-tone="suspended" />
        one tenant at risk, always its own cell
      </span>
      <span>
        <i className={classes.hollow} data-tone="deactivated" />
        one that is out of use
      </span>
      <span className={classes.hint}>wheel zooms, drag moves</span>
    </div>
  );
}
