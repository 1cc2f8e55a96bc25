/** The commands that the shell itself calls, in the form of the generated bindings. */
import { Channel, invoke } from "@tauri-apps/api/core";
import type { CommandError } from "./failure";

export type Outcome<T> = { status: "ok"; data: T } | { status: "error"; error: CommandError };

async function typed<T>(asked: Promise<T>): Promise<Outcome<T>> {
  try {
    return { status: "ok", data: await asked };
  } catch (error) {
    if (error instanceof Error) throw error;
    return { status: "error", error: error as CommandError };
  }
}

export type Standing = "none" | "locked" | "open" | "refused";

export interface WorkspaceStanding {
  standing: Standing;
  folder: string;
  passphrase: boolean;
  keyring: boolean | null;
  keyring_failure: CommandError | null;
  failure: CommandError | null;
  lock_after_minutes: number;
  version: string;
}

export interface WorkspaceView {
  id: string;
  folder: string;
  region: string;
  objects_url: string;
  origin: string;
  verifier_key: string;
  records: number;
  checkpoint: string;
  providers: string[];
  cached_keys: number;
  memory_locked: boolean;
  tenants: number;
  actor: string;
  role: string;
  secrets: string;
  aws_profile: string | null;
  aws_endpoint: string | null;
}

export interface RootKeyRow {
  id: string;
  provider: string;
  custody: string;
  state: string;
  version: number;
  version_since: string;
  reference: string | null;
  regions: string[];
  proven: boolean;
}

export interface ChallengeRow {
  id: string;
  root_key: string;
  kind: string;
  state: string;
  created_at: string;
  expires_at: string;
  answered_at: string | null;
}

export interface TenantRow {
  id: string;
  display_name: string;
  state: string;
  state_code: string | null;
  state_since: string;
  created_at: string;
  root_key: RootKeyRow | null;
  root_keys: number;
  datasets: number;
  stale_sidecars: number;
  data_keys: number;
  stale_data_keys: number;
  quarantined: number;
  objects: number;
  object_bytes: number;
  rotation_days: number;
  rotation_days_own: boolean;
  rotated_at: string | null;
  due_at: string | null;
  challenge: ChallengeRow | null;
}

export interface Progress {
  done: number;
  total: number;
}

export interface VerifiedView {
  records: number;
  root: string;
  checkpoint: string;
  clock_steps: number;
  days: number;
  archived_days: number;
  archived: number;
  checkpoints: number;
  search_index: boolean;
}

export const commands = {
  workspaceStanding: () => typed<WorkspaceStanding>(invoke("workspace_standing")),
  workspaceShow: () => typed<WorkspaceView>(invoke("workspace_show")),
  workspaceUnlock: (passphrase: string | null, acceptRollback: string | null) =>
    typed<null>(invoke("workspace_unlock", { passphrase, acceptRollback })),
  workspaceLock: () => typed<null>(invoke("workspace_lock")),
  workspaceChoose: () => typed<string | null>(invoke("workspace_choose")),
  workspaceCreate: (new_: { region: string; objects: string | null; passphrase: string | null }) =>
    typed<null>(invoke("workspace_create", { new: new_ })),
  tenantsList: () => typed<TenantRow[]>(invoke("tenants_list")),
  rewrapJobs: () => typed<{ id: string; state: string }[]>(invoke("rewrap_jobs")),
  roleTake: (role: string) => typed<null>(invoke("role_take", { role })),
  lockTouch: () => invoke<null>("lock_touch"),
  auditVerify: (searchIndex: boolean, progress: Channel<Progress>) =>
    typed<VerifiedView>(invoke("audit_verify", { searchIndex, progress })),
};
