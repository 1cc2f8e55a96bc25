import { useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { ErrorNotice } from "@/design";
import { events, failureOf, keys, on, useStanding } from "@/ipc";
import { forgetVerification } from "@/ipc/verification";
import { mark } from "./marks";
import classes from "./Gate.module.css";

const FirstRun = lazy(() => import("@/pages/first-run"));
const Locked = lazy(() => import("@/pages/locked"));

/** Shows the pages only while a workspace is open. What was read of it is forgotten with it. */
export function Gate({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const { data, error, refetch } = useStanding();
  const open = data?.standing === "open";

  useEffect(
    () =>
      on(events.standingChanged, () => void client.invalidateQueries({ queryKey: keys.standing })),
    [client],
  );
  useEffect(() => {
    if (open) {
      mark("workspace-open");
      return;
    }
    forgetVerification();
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== keys.standing[0] });
  }, [open, client]);

  // While somebody unlocks it, the page that comes next is loaded.
  const closed = data !== undefined && !open;
  useEffect(() => {
    if (closed) void import("@/pages/overview");
  }, [closed]);

  if (error !== null) {
    return (
      <main className={classes.alone}>
        <ErrorNotice failure={failureOf(error)} retry={() => void refetch()} />
      </main>
    );
  }
  if (data === undefined) return null;
  if (open) return children;
  return (
    <Suspense>
      {data.standing === "none" ? <FirstRun standing={data} /> : <Locked standing={data} />}
    </Suspense>
  );
}
