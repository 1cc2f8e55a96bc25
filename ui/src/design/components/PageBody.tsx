import type { ReactNode } from "react";
import classes from "./PageBody.module.css";

interface PageBodyProps {
  /** No gaps and no scrolling of its own: for a page that is one table, with or without a drawer. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** Everything below the header of a page. */
export function PageBody({ flush = false, className, children }: PageBodyProps) {
  return (
    <div className={[classes.body, className].join(" ")} data-flush={flush || undefined}>
      {children}
    </div>
  );
}
