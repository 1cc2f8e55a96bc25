import type { TenantRow } from "@/ipc";
import type { HierarchyView } from "./queries";

type Root = HierarchyView["root_keys"][number];
type Dataset = HierarchyView["datasets"][number];

const at = "2026-11-01T09:00:00Z";

/** A dataset as the engine gives it, for tests. */
export const dataset = (name: string, keys: number, stale = 0): Dataset => ({
  dataset: {
    name,
    created_at: at,
    current_version: keys,
    regions: [],
    names: "plain",
    sidecar_stale: false,
  },
  data_keys: keys,
  by_state: [{ state: "active", keys }],
  stale_data_keys: stale,
  newest_at: at,
  objects: keys * 10,
  bytes: keys * 1000,
});

/** A version that wraps data keys of datasets. */
export const version = (
  number: number,
  stale: boolean,
  wraps: Readonly<Record<string, number>>,
): Root["versions"][number] => ({
  version: number,
  current: !stale,
  stale,
  data_keys: Object.values(wraps).reduce((sum, keys) => sum + keys, 0),
  datasets: Object.entries(wraps).map(([name, data_keys]) => ({ dataset: name, data_keys })),
});

/** A root key with versions. */
export const rootKey = (number: number, versions: Root["versions"], state = "active"): Root => ({
  key: {
    id: `rk:acme/${number}`,
    number,
    provider: "local",
    custody: "provider",
    state,
    version: versions[0]?.version ?? 1,
    registered_at: at,
    activated_at: at,
    references: [{ region: "eu-central-1", reference: `local:acme-${number}` }],
    proven: true,
  },
  version_since: at,
  due_at: "2027-01-30T09:00:00Z",
  versions,
  transitions: [],
});

/** A tenant's keys. */
export const hierarchy = (over: Partial<HierarchyView> = {}): HierarchyView => ({
  tenant: {
    id: "acme",
    display_name: "Acme",
    state: "active",
    state_code: null,
    state_since: at,
    created_at: at,
  },
  rotation_days: 90,
  root_keys: [
    rootKey(1, [version(3, false, { mail: 6, documents: 4 }), version(2, true, { mail: 2 })]),
    rootKey(2, [version(1, true, { archive: 5 })], "deactivated"),
  ],
  datasets: [dataset("mail", 8, 2), dataset("documents", 4), dataset("archive", 5, 5)],
  quarantine: [],
  cached: [{ dataset: "mail", version: 8, until: "2026-11-24T10:00:00Z" }],
  ...over,
});

/** A tenant in the list of all, well unless it is said otherwise. */
export const tenant = (id: string, over: Partial<TenantRow> = {}): TenantRow => ({
  id,
  display_name: id,
  state: "active",
  state_code: null,
  state_since: at,
  created_at: at,
  root_key: {
    id: `rk:${id}/1`,
    provider: "local",
    custody: "provider",
    state: "active",
    version: 1,
    version_since: at,
    reference: `local:${id}`,
    regions: ["eu-central-1"],
    proven: true,
  },
  root_keys: 1,
  datasets: 1,
  stale_sidecars: 0,
  data_keys: 1,
  stale_data_keys: 0,
  quarantined: 0,
  objects: 1,
  object_bytes: 1,
  rotation_days: 90,
  rotation_days_own: false,
  rotated_at: at,
  due_at: "2027-01-30T09:00:00Z",
  challenge: null,
  ...over,
});
