import { Button, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { Link } from "react-router";
import { DataTable, EmptyState, ErrorNotice, PageBody, PageHeader, Split, Tabs } from "@/design";
import { call, commands, failureOf, keys, useRewraps, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { columns, narrow } from "./columns";
import { JobPanel } from "./JobPanel";
import { PeriodForm } from "./PeriodForm";
import { TenantDrawer } from "./TenantDrawer";
import classes from "./rotation.module.css";

type View = "schedule" | "rewraps";

/** When root keys are due, and the rewraps that follow. */
export default function Rotation() {
  const [params, setParams] = useSearchParams();
  const view: View = params.get("view") === "rewraps" ? "rewraps" : "schedule";
  const selected = params.get("tenant");
  const [setting, setSetting] = useState(false);
  const tenants = useTenants();
  const jobs = useRewraps();
  const period = useQuery({
    queryKey: keys.rotation.period(null),
    queryFn: () => call(commands.rotationPeriod(null)),
  });
  const go = (to: View, tenant: string | null = selected) => {
    setParams(tenant === null ? { view: to } : { view: to, tenant }, { replace: true });
  };
  usePaletteActions([
    {
      id: "schedule",
      title: "Show when root keys are due",
      icon: "clock",
      run: () => go("schedule"),
    },
    { id: "rewraps", title: "Show rewraps", icon: "running", run: () => go("rewraps") },
    {
      id: "period",
      title: "Set the workspace’s rotation period",
      icon: "rotation",
      run: () => setSetting(true),
    },
  ]);
  const rows = tenants.data?.filter(({ state }) => state !== "offboarded" && state !== "pending");
  const row = rows?.find(({ id }) => id === selected);
  const open = jobs.data?.filter(({ state }) => state === "running" || state === "paused") ?? [];
  usePageReady(rows !== undefined && jobs.data !== undefined && period.data !== undefined);
  return (
    <>
      <PageHeader
        title="Rotation"
        tabs={
          <Tabs<View>
            label="Views of rotation"
            value={view}
            onChange={(to) => go(to)}
            tabs={[
              { value: "schedule", label: "Schedule", count: rows?.length },
              { value: "rewraps", label: "Rewraps", count: open.length },
            ]}
          />
        }
        actions={
          <Button onClick={() => setSetting(true)} disabled={period.data === undefined}>
            Period: {period.data === undefined ? "…" : `${String(period.data.default_days)} days`}
          </Button>
        }
      />
      {view === "schedule" ? (
        <PageBody flush>
          <Split
            drawer={
              row !== undefined && (
                <TenantDrawer
                  key={row.id}
                  row={row}
                  onClose={() => go("schedule", null)}
                  onStarted={() => go("rewraps")}
                />
              )
            }
          >
            <DataTable
              label="Tenants by when their root key is due"
              columns={row === undefined ? columns : narrow}
              rows={rows}
              idOf={({ id }) => id}
              sorted={{ column: "due", descending: false }}
              selected={selected}
              onSelect={(chosen) => go("schedule", chosen?.id ?? null)}
              failure={tenants.error === null ? null : failureOf(tenants.error)}
              retry={() => void tenants.refetch()}
              empty={
                <EmptyState action={<Link to="/onboarding">Onboard a tenant</Link>}>
                  No tenant has an active root key yet, so nothing is due.
                </EmptyState>
              }
            />
          </Split>
        </PageBody>
      ) : (
        <PageBody className={classes.jobs}>
          {jobs.error !== null && (
            <ErrorNotice failure={failureOf(jobs.error)} retry={() => void jobs.refetch()} />
          )}
          {jobs.data?.length === 0 && (
            <EmptyState action={<Button onClick={() => go("schedule")}>See what is due</Button>}>
              No rewrap has run in this window. What is left to rewrap stands in the schedule.
            </EmptyState>
          )}
          {[...(jobs.data ?? [])].reverse().map((job) => (
            <JobPanel
              key={job.id}
              job={job}
              name={tenants.data?.find(({ id }) => id === job.tenant)?.display_name ?? job.tenant}
            />
          ))}
        </PageBody>
      )}
      <Modal opened={setting} onClose={() => setSetting(false)} title="Rotation period">
        {period.data !== undefined && (
          <PeriodForm
            key={period.data.default_days}
            tenant={null}
            days={period.data.default_days}
            own={false}
            rows={(rows ?? []).filter((one) => !one.rotation_days_own)}
          />
        )}
      </Modal>
    </>
  );
}
