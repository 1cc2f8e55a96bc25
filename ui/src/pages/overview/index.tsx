import { useState } from "react";
import { PageBody, PageHeader, TimeText, useNow } from "@/design";
import { useAttention, useRewraps, useRole, useTenants } from "@/ipc";
import { usePageReady } from "@/shell/use-page-ready";
import { Activity } from "./Activity";
import { LogPanel } from "./LogPanel";
import { NeedsPerson } from "./NeedsPerson";
import { Rewraps, RotationAge, TenantsByState } from "./TenantPanels";
import classes from "./Overview.module.css";

/** What needs a person now, then the state of everything. */
export default function Overview() {
  const [all, setAll] = useState(false);
  const now = useNow();
  const tenants = useTenants().data;
  const jobs = useRewraps().data ?? [];
  const attention = useAttention();
  const approver = useRole()?.kind === "tenant-approver";
  usePageReady(tenants !== undefined && !attention.isPending);
  return (
    <>
      <PageHeader
        title="Overview"
        meta={
          <span>
            <TimeText value={new Date(now).toISOString()} /> · live
          </span>
        }
      />
      <PageBody className={classes.body}>
        <NeedsPerson all={all} onAll={() => setAll(true)} />
        {!approver && (
          <div className={classes.wide}>
            <Activity />
            <LogPanel />
          </div>
        )}
        {tenants !== undefined && (
          <div className={classes.thirds}>
            <TenantsByState tenants={tenants} />
            <RotationAge tenants={tenants} now={now} />
            <Rewraps tenants={tenants} jobs={jobs} />
          </div>
        )}
      </PageBody>
    </>
  );
}
