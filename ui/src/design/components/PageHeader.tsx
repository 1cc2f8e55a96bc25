import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./PageHeader.module.css";

interface PageHeaderProps {
  readonly title: string;
  /** The list that this page is one of: `Tenants` above a tenant. */
  readonly parent?: { readonly title: string; readonly to: string };
  /** Badges, chips and a few words beside the title. */
  readonly meta?: ReactNode;
  readonly tabs?: ReactNode;
  /** At the right; one solid button at most. */
  readonly actions?: ReactNode;
}

/** The title of a page, the first thing below the top bar. */
export function PageHeader({ title, parent, meta, tabs, actions }: PageHeaderProps) {
  return (
    <header className={classes.header}>
      <div className={classes.title}>
        {parent !== undefined && (
          <>
            <Link to={parent.to}>{parent.title}</Link>
            <span aria-hidden>/</span>
          </>
        )}
        <h1>{title}</h1>
      </div>
      {meta !== undefined && <div className={classes.meta}>{meta}</div>}
      {tabs}
      {actions !== undefined && <div className={classes.actions}>{actions}</div>}
    </header>
  );
}
