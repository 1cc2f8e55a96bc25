import { Ring } from "@/design";
import shared from "../hierarchy.module.css";
import classes from "./tenant.module.css";

/** What the marks of the graph mean. */
export function Legend() {
  return (
    <div className={shared.legend}>
      <span>
        <Ring share={0.4} size={14} label="an example of a ring" /> ring: age against its rotation
        period
      </span>
      <span>
        <svg width="22" height="8" aria-hidden>
          <path className={classes.solid} d="M0 4H22" />
        </svg>
        width: wrapped data keys
      </span>
      <span>
        <svg width="22" height="8" aria-hidden>
          <path className={classes.dashed} d="M0 4H22" />
        </svg>
        still under an old version
      </span>
    </div>
  );
}
