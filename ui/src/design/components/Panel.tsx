import { type ReactNode, useId } from "react";
import classes from "./Panel.module.css";

interface PanelProps {
  readonly title: ReactNode;
  /** A few words beside the title. */
  readonly note?: ReactNode;
  /** Links and controls at the right of the head. */
  readonly end?: ReactNode;
  /** The body reaches the edges: for tables. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A titled region of a page. */
export function Panel({ title, note, end, flush = false, className, children }: PanelProps) {
  const id = useId();
  return (
    <section className={[classes.panel, className].join(" ")} aria-labelledby={id}>
      <header className={classes.head}>
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className={classes.note}>{note}</span>}
        {end !== undefined && <div className={classes.end}>{end}</div>}
      </header>
      <div className={classes.body} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}
