import type { BlastRadiusView, TimelineView } from "@/ipc";

/** A revocation as the engine gives it, for tests. */
export const line = (over: Partial<TimelineView>): TimelineView => ({
  tenant: "initech",
  cause: "revoked",
  seq: 40,
  request: "req-1",
  actor: "os:mara",
  reason: "asked for by telephone",
  drill: false,
  began_at: "2026-11-24T09:00:00.000Z",
  recorded_at: "2026-11-24T09:00:00.021Z",
  locked_after_ms: 21,
  evicted: 3,
  at_provider: true,
  disabled_at: "2026-11-24T09:00:00.100Z",
  first_refusal_at: "2026-11-24T09:00:00.250Z",
  refused_after_ms: 150,
  still_answered_seconds: null,
  first_refused: null,
  restored_at: null,
  ...over,
});

/** A blast radius as the engine gives it, for tests. */
export const radius = (over: Partial<BlastRadiusView>): BlastRadiusView => ({
  tenant: "initech",
  state: "active",
  datasets: [
    { name: "claims", objects: 12, bytes: 2048 },
    { name: "mail", objects: 3, bytes: 700 },
  ],
  objects: 15,
  bytes: 2748,
  data_keys: 9,
  cached_data_keys: 2,
  root_keys: [
    {
      id: "rk:initech/1",
      provider: "local",
      state: "active",
      version: 2,
      versions: [{ root_key: 1, version: 2, keys: 9 }],
      is_disabled_with: true,
    },
  ],
  may_disable: "yes",
  data_keys_under_others: 0,
  stale_sidecars: [],
  log_days: [],
  last: [],
  ...over,
});
