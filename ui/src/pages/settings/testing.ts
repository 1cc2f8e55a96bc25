import type { WorkspaceView } from "@/ipc";

/** A workspace whose secrets rest in the keyring. */
export const workspace: WorkspaceView = {
  id: "01JDC7K4TQ",
  folder: "/home/ada/work",
  region: "eu-central-1",
  objects_url: "file:///home/ada/work/objects",
  origin: "keyward.test/log",
  verifier_key: "keyward.test/log+7c1e+AAAA",
  records: 12_000,
  checkpoint: "keyward.test/log\n12000\n",
  providers: ["aws-kms", "local"],
  cached_keys: 3,
  memory_locked: true,
  tenants: 2,
  actor: "person:ada",
  role: "administrator",
  secrets: "keyring",
  aws_profile: null,
  aws_endpoint: null,
};
