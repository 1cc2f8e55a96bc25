import { ActionIcon } from "@mantine/core";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon } from "./Icon";
import classes from "./Drawer.module.css";

/** A page and, beside it, what is selected: the drawer pushes, and never covers. */
export function Split({ children, drawer }: { children: ReactNode; drawer: ReactNode }) {
  return (
    <div className={classes.split}>
      <div className={classes.rest}>{children}</div>
      {drawer}
    </div>
  );
}

interface DrawerProps {
  readonly title: ReactNode;
  /** A badge beside the title. */
  readonly badge?: ReactNode;
  readonly onClose: () => void;
  /** Steps to the next (1) or previous (-1) of the list. */
  readonly onStep?: ((by: 1 | -1) => void) | undefined;
  /** Buttons that stay in view. */
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

/** What is wrong first, then the facts. Escape closes it. */
export function Drawer({ title, badge, onClose, onStep, footer, children }: DrawerProps) {
  const id = useId();
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) close.current();
    };
    window.addEventListener("keydown", press);
    return () => {
      window.removeEventListener("keydown", press);
    };
  }, []);
  return (
    <aside className={classes.drawer} aria-labelledby={id}>
      <header className={classes.head}>
        <h2 id={id} className="clip">
          {title}
        </h2>
        {badge}
        <div className={classes.tools}>
          {onStep !== undefined && (
            <>
              <ActionIcon aria-label="previous" title="K" onClick={() => onStep(-1)}>
                <Icon name="up" />
              </ActionIcon>
              <ActionIcon aria-label="next" title="J" onClick={() => onStep(1)}>
                <Icon name="down" />
              </ActionIcon>
            </>
          )}
          <ActionIcon aria-label="close" title="Escape" onClick={onClose}>
            <Icon name="close" />
          </ActionIcon>
        </div>
      </header>
      {/* It scrolls, so the keyboard must be able to stand in it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className={classes.body} tabIndex={0} role="region" aria-labelledby={id}>
        {children}
      </div>
      {footer !== undefined && <footer className={classes.foot}>{footer}</footer>}
    </aside>
  );
}

/** A part of a drawer, below a hairline. */
export function DrawerSection({ title, children }: { title?: string; children: ReactNode }) {
  return (
    <section className={classes.section}>
      {title !== undefined && <h3>{title}</h3>}
      {children}
    </section>
  );
}
