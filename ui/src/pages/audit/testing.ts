/** Records as the engine gives them, for tests. */
import type { RecordItem } from "@/ipc";

export const record = (seq: number, more: Partial<RecordItem> = {}): RecordItem => ({
  seq,
  time: new Date(Date.UTC(2026, 10, 24, 8) + seq * 1000).toISOString(),
  actor: "person:ada",
  role: "administrator",
  tenant: "acme",
  key: "dk:acme/files/1",
  key_version: null,
  action: "object.read",
  outcome: "ok",
  code: null,
  region: "eu-central-1",
  request: `01JD${String(seq)}`,
  details: [],
  ...more,
});
