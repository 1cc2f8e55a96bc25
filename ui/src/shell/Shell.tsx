import { Suspense, useRef } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { useRole } from "@/ipc";
import { Palette } from "@/palette";
import { useGoShortcuts } from "./go-shortcuts";
import { Navigation } from "./Navigation";
import { entries, mayOpen } from "./navigation";
import { ShortcutsHelp } from "./ShortcutsHelp";
import { TopBar } from "./TopBar";
import { useFollowing } from "./use-following";
import { useLockTouch } from "./use-lock-touch";
import classes from "./Shell.module.css";

/** Everything around a page. */
export function Shell() {
  const role = useRole();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  useFollowing();
  useLockTouch();
  useGoShortcuts(role);

  const first = role && entries(role)[0]?.path;
  const elsewhere = role !== undefined && !mayOpen(role, pathname);
  return (
    <div className={classes.shell}>
      <button type="button" className={classes.skip} onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <TopBar />
      <Navigation />
      <main ref={main} tabIndex={-1} className={classes.main}>
        <Suspense>
          {role !== undefined &&
            (elsewhere && first !== undefined ? <Navigate to={first} replace /> : <Outlet />)}
        </Suspense>
      </main>
      <Palette />
      <ShortcutsHelp />
    </div>
  );
}
