import { Link } from "react-router";
import { duration, Icon, TimeText } from "@/design";
import type { TimelineView } from "@/ipc";
import { useBlastRadius } from "../queries";
import classes from "./panel.module.css";

/** How many measured revocations are listed. */
const LISTED = 3;

/** When it stops: how long the last revocations took, of this tenant, or else of any. */
export function Measured({ tenant }: { readonly tenant: string }) {
  const all = useBlastRadius(tenant).data?.last ?? [];
  const own = all.filter((line) => line.tenant === tenant);
  const lines = (own.length > 0 ? own : all).slice(0, LISTED);
  if (lines.length === 0) {
    return (
      <p className="muted">
        No revocation has been measured yet. <Link to="/revocation">Run a drill</Link>
      </p>
    );
  }
  return (
    <>
      <ul className={classes.measured}>
        {lines.map((line) => (
          <li key={`${line.tenant} ${line.seq}`}>
            <Line line={line} />
          </li>
        ))}
      </ul>
      {own.length === 0 && <p className="muted small">Measured of other tenants and drills.</p>}
    </>
  );
}

function Line({ line }: { readonly line: TimelineView }) {
  const took = line.cause === "denied" ? "noticed, locked" : "locked for every reader";
  return (
    <>
      <span className={classes.toned} data-tone="denied">
        <Icon name={line.cause === "denied" ? "denied" : "revocation"} />
      </span>
      <span>
        <Link to={`/audit/${line.seq}`}>
          {line.cause}
          {line.drill && " (drill)"}
        </Link>{" "}
        <span className="muted">
          <TimeText value={line.began_at} />
          <br />
          {took}
        </span>
      </span>
      <b>{duration(line.locked_after_ms / 1000)}</b>
      {line.refused_after_ms !== null && (
        <>
          <span className={`${classes.under ?? ""} muted`}>its provider refused</span>
          <b>{duration(line.refused_after_ms / 1000)}</b>
        </>
      )}
    </>
  );
}
