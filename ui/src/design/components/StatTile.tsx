import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./StatTile.module.css";

interface StatTileProps {
  readonly value: ReactNode;
  /** What is counted, in a few words. */
  readonly label: string;
  /** The list behind the number. */
  readonly to?: string;
}

/** A number with its words, and the way to its list. */
export function StatTile({ value, label, to }: StatTileProps) {
  const content = (
    <>
      <b>{value}</b>
      <span>{label}</span>
    </>
  );
  return to === undefined ? (
    <div className={classes.tile}>{content}</div>
  ) : (
    <Link className={classes.tile ?? ""} to={to}>
      {content}
    </Link>
  );
}

/** Numbers beside each other. */
export function StatRow({ children }: { readonly children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}
