import type { JobItem, RewrapReportView, TenantDetail, TenantRow } from "@/ipc";

/** A tenant as the engine gives it, for tests. */
export const tenantRow = (over: Partial<TenantRow> = {}): TenantRow => ({
  id: "acme",
  display_name: "Acme",
  state: "active",
  state_code: null,
  state_since: "2026-08-01T00:00:00Z",
  created_at: "2026-08-01T00:00:00Z",
  root_key: {
    id: "rk:acme/1",
    provider: "local",
    custody: "provider",
    state: "active",
    version: 2,
    version_since: "2026-08-26T00:00:00Z",
    reference: "local:acme-root",
    regions: ["local"],
    proven: true,
  },
  root_keys: 1,
  datasets: 1,
  stale_sidecars: 0,
  data_keys: 40,
  stale_data_keys: 12,
  quarantined: 0,
  objects: 80,
  object_bytes: 4096,
  rotation_days: 90,
  rotation_days_own: false,
  rotated_at: "2026-08-26T00:00:00Z",
  due_at: "2026-11-24T00:00:00Z",
  challenge: null,
  ...over,
});

/** A report as the engine gives it, for tests. */
export const report = (over: Partial<RewrapReportView> = {}): RewrapReportView => ({
  tenant: "acme",
  root_key: "rk:acme/1",
  version: 2,
  progress: progress(),
  kms_calls: 12,
  remaining: [],
  quarantine: [],
  ...over,
});

export const progress = (
  over: Partial<RewrapReportView["progress"]> = {},
): RewrapReportView["progress"] => ({
  total: 12,
  rewrapped: 0,
  quarantined: 0,
  seconds: 0,
  rate: 41.5,
  remaining_seconds: 3,
  ...over,
});

/** A job as the engine gives it, for tests. */
export const job = (over: Partial<JobItem> = {}): JobItem => ({
  id: "0197-job",
  tenant: "acme",
  root_key: "rk:acme/1",
  version: 2,
  state: "running",
  stopping: null,
  progress: progress({ rewrapped: 4 }),
  started_at: "2026-11-24T09:00:00Z",
  ended_at: null,
  forecast: null,
  failure: null,
  report: null,
  ...over,
});

/** A tenant, whole, for tests. */
export const tenantDetail = (over: Partial<TenantDetail> = {}): TenantDetail => ({
  tenant: tenantRow(),
  root_keys: [],
  datasets: [
    {
      name: "documents",
      created_at: "2026-08-01T00:00:00Z",
      current_version: 3,
      regions: [],
      names: "plain",
      sidecar_stale: false,
    },
  ],
  data_keys: [],
  to_rewrap: 12,
  quarantine: [],
  objects: 80,
  bytes: 4096,
  ...over,
});
