import { Link } from "react-router";
import { duration, Icon, TimeText } from "@/design";
import type { TimelineView } from "@/ipc";
import { useBlastRadius } from "../queries";
import classes from "./panel.module.css";

/** How many measured revocations are listed. */
const LISTED = 3;

/** When it stops: how long the tenant's last revocations took. */
export function Measured({ tenant }: { readonly tenant: string }) {
  const lines = useBlastRadius(tenant).data?.last.slice(0, LISTED) ?? [];
  if (lines.length === 0) {
    return (
      <p className="muted">
        None of this tenant was measured yet.{" "}
        <Link to="/revocation">What others and drills took</Link>
      </p>
    );
  }
  return (
    <ul className={classes.measured}>
      {lines.map((line) => (
        <li key={line.seq}>
          <Line line={line} />
        </li>
      ))}
    </ul>
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
