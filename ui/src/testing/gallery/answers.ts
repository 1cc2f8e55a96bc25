import type { Data } from "@/ipc";
import type { Answers } from "../mock-engine";

const standing: Data<"workspaceStanding"> = {
  standing: "open",
  folder: "/var/lib/keyward/gallery",
  passphrase: false,
  keyring: null,
  keyring_failure: null,
  failure: null,
  lock_after_minutes: 15,
  version: "0.1.0",
};

const workspace: Data<"workspaceShow"> = {
  id: "01J0000000000000000000",
  folder: "/var/lib/keyward/gallery",
  region: "eu-central-1",
  objects_url: "file:///var/lib/keyward/gallery/objects",
  origin: "keyward/gallery",
  verifier_key: "keyward/gallery+00000000+A",
  records: 4120,
  checkpoint: "",
  providers: ["local", "aws-kms"],
  cached_keys: 12,
  memory_locked: true,
  tenants: 3,
  actor: "user:ada",
  role: "administrator",
  secrets: "keyring",
  aws_profile: null,
  aws_endpoint: null,
};

const states = ["active", "pending", "suspended", "revoked", "offboarded"] as const;

/** Tenants of every state, so many that the table has to be virtual. */
export const tenants = Array.from({ length: 2000 }, (_, index): Data<"tenantsList">[number] => {
  const id = `tenant-${String(index).padStart(4, "0")}`;
  return {
    id,
    display_name: `Tenant ${String(index)}`,
    state: states[index % 7] ?? "active",
    state_code: null,
    state_since: "2026-11-01T09:00:00Z",
    created_at: "2026-06-01T09:00:00Z",
    root_key: {
      id: `rk:${id}/1`,
      provider: index % 2 === 0 ? "aws-kms" : "local",
      custody: "tenant-kms",
      state: "active",
      version: 1,
      version_since: "2026-06-01T09:00:00Z",
      reference:
        index % 2 === 0
          ? `arn:aws:kms:eu-central-1:111122223333:key/mrk-${String(index).padStart(32, "0")}`
          : `local:${id}-root`,
      regions: ["eu-central-1"],
      proven: true,
    },
    root_keys: 1,
    datasets: 3,
    stale_sidecars: 0,
    data_keys: (index * 7919) % 20_000,
    stale_data_keys: 0,
    quarantined: 0,
    objects: index * 1000,
    object_bytes: index * 1_000_000,
    rotation_days: 90,
    rotation_days_own: false,
    rotated_at: "2026-09-01T09:00:00Z",
    due_at: "2026-11-30T09:00:00Z",
    challenge: null,
  };
});

const verified = { records: 4120, root: "", checkpoint: "", clock_steps: 0, days: 3 };

const logStanding: Data<"logStanding"> = {
  records: 4120,
  newest_at: "2026-11-24T09:41:00Z",
  origin: "keyward/gallery",
  root: "",
  verified: null,
  passed: null,
  kept: { records: 4120, anchors: [], witnesses: [] },
};

export const answers: Answers = {
  workspace_standing: () => standing,
  workspace_show: () => workspace,
  tenants_list: () => tenants,
  rewrap_jobs: () => [],
  log_standing: () => logStanding,
  attention_list: () => [],
  role_take: () => null,
  lock_touch: () => null,
  audit_verify: () => ({
    ...verified,
    archived_days: 0,
    archived: 0,
    checkpoints: 3,
    search_index: false,
  }),
};
