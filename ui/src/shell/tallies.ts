import { useMemo } from "react";
import { type TenantRow, useAttention, useRewraps, useTenants } from "@/ipc";

/** How much waits on a page. */
export interface Tally {
  readonly count: number;
  /** Somebody should look now. */
  readonly hot: boolean;
  /** What is counted. */
  readonly says: string;
}

/** Counts beside the pages' names, by path; each from what the engine says. */
export function useTallies(): Readonly<Record<string, Tally>> {
  const tenants = useTenants().data;
  const jobs = useRewraps().data;
  const attention = useAttention().data;
  return useMemo(() => {
    const tallies: Record<string, Tally> = {};
    if (tenants !== undefined) Object.assign(tallies, tenantTallies(tenants));
    const running = jobs?.filter((job) => job.state === "running" || job.state === "paused");
    if (running !== undefined) {
      tallies["/rotation"] = { count: running.length, hot: false, says: "rewraps under way" };
    }
    if (attention !== undefined) {
      tallies["/overview"] = {
        count: attention.length,
        hot: attention.some((one) => one.urgency === "critical"),
        says: "need a person",
      };
    }
    return tallies;
  }, [tenants, jobs, attention]);
}

/** What tenants alone say. A revoked or suspended tenant is somebody's outage. */
export function tenantTallies(tenants: readonly TenantRow[]): Record<string, Tally> {
  const count = (when: (tenant: TenantRow) => boolean) => tenants.filter(when).length;
  return {
    "/tenants": { count: tenants.length, hot: false, says: "tenants" },
    "/onboarding": {
      count: count((tenant) => tenant.state === "pending"),
      hot: false,
      says: "tenants not active yet",
    },
    "/revocation": {
      count: count((tenant) => tenant.state === "revoked" || tenant.state === "suspended"),
      hot: true,
      says: "tenants that aren’t served",
    },
  };
}
