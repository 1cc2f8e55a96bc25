/** Tenants as the engine gives them, for tests. */
import type { Data, TenantRow } from "@/ipc";

export const tenantRow = (id: string, over: Partial<TenantRow> = {}): TenantRow => ({
  id,
  display_name: id.charAt(0).toUpperCase() + id.slice(1),
  state: "active",
  state_code: null,
  state_since: "2026-11-01T09:00:00Z",
  created_at: "2026-06-01T09:00:00Z",
  root_key: {
    id: `rk:${id}/1`,
    provider: "local",
    custody: "provider",
    state: "active",
    version: 2,
    version_since: "2026-09-01T09:00:00Z",
    reference: `local:${id}-root`,
    regions: ["eu-central-1"],
    proven: true,
  },
  root_keys: 1,
  datasets: 2,
  stale_sidecars: 0,
  data_keys: 12,
  stale_data_keys: 0,
  quarantined: 0,
  objects: 40,
  object_bytes: 4096,
  rotation_days: 90,
  rotation_days_own: false,
  rotated_at: "2026-09-01T09:00:00Z",
  due_at: "2026-11-30T09:00:00Z",
  challenge: null,
  ...over,
});

/** A tenant's keys: one root key with two versions, one dataset. */
export const hierarchy = (id: string, state = "active"): Data<"hierarchyShow"> => ({
  tenant: {
    id,
    display_name: id.charAt(0).toUpperCase() + id.slice(1),
    state,
    state_code: null,
    state_since: "2026-11-01T09:00:00Z",
    created_at: "2026-06-01T09:00:00Z",
  },
  rotation_days: 90,
  root_keys: [
    {
      key: {
        id: `rk:${id}/1`,
        number: 1,
        provider: "local",
        custody: "provider",
        state: "active",
        version: 2,
        registered_at: "2026-06-01T09:00:00Z",
        activated_at: "2026-06-01T10:00:00Z",
        references: [{ region: "eu-central-1", reference: `local:${id}-root` }],
        proven: true,
      },
      version_since: "2026-09-01T09:00:00Z",
      due_at: "2026-11-30T09:00:00Z",
      versions: [
        { version: 1, current: false, stale: true, data_keys: 3, datasets: [] },
        { version: 2, current: true, stale: false, data_keys: 9, datasets: [] },
      ],
      transitions: [
        {
          from: "pre-activation",
          to: "active",
          at: "2026-06-01T10:00:00Z",
          reason: "proven",
        },
      ],
    },
  ],
  datasets: [
    {
      dataset: {
        name: "mail",
        created_at: "2026-06-02T09:00:00Z",
        current_version: 3,
        regions: ["eu-central-1"],
        names: "plain",
        sidecar_stale: false,
      },
      data_keys: 12,
      by_state: [{ state: "active", keys: 1 }],
      stale_data_keys: 3,
      newest_at: "2026-10-02T09:00:00Z",
      objects: 40,
      bytes: 4096,
    },
  ],
  quarantine: [],
  cached: [],
});
