import type { ReactNode } from "react";
import classes from "./EmptyState.module.css";

interface EmptyStateProps {
  /** One sentence on what would be here. */
  readonly children: ReactNode;
  /** The first thing to do. */
  readonly action?: ReactNode;
}

/** Stands in the place of content that doesn't exist yet. */
export function EmptyState({ children, action }: EmptyStateProps) {
  return (
    <div className={classes.empty}>
      <p>{children}</p>
      {action}
    </div>
  );
}
