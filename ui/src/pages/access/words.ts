/** How people say what the log's actions are called. */

const said: Readonly<Record<string, string>> = {
  "workspace.create": "make a workspace",
  "tenant.register": "register a tenant",
  "tenant.suspend": "suspend a tenant",
  "tenant.restore": "restore a tenant",
  "tenant.revoke": "revoke a tenant’s keys",
  "tenant.offboard": "off-board a tenant",
  "tenant.rotation-period": "set the rotation period",
  "tenant.serving": "set how a tenant’s keys serve",
  "tenant.drill": "run a revocation drill",
  "root-key.register": "register a root key",
  "root-key.activate": "activate a root key",
  "root-key.rotate": "rotate a root key",
  "root-key.replace": "replace a root key",
  "root-key.state": "change a root key’s state",
  "challenge.start": "start a challenge",
  "challenge.answer": "answer a challenge",
  "dataset.create": "create a dataset",
  "dataset.names": "set how the log names objects",
  "data-key.create": "make a data key",
  "data-key.rotate": "rotate a data key",
  "data-key.rewrap": "rewrap data keys",
  "data-key.unwrap": "unwrap a data key",
  "data-key.grant-use": "use a data key in its grant window",
  "object.write": "write an object",
  "object.read": "read an object",
  "object.delete": "delete an object",
  "object.rekey": "move an object to a new data key",
  "object.list": "list objects",
  "approver.enroll": "enrol an approver’s key",
  "audit.query": "look at the log and at keys’ states",
  "audit.verify": "verify the log",
  "audit.export": "export the log",
  "audit.forward": "forward the log",
  "audit.names": "open objects’ names in the log",
  "audit.accept": "accept a rolled-back database",
  "witness.add": "add a witness",
  "witness.remove": "remove a witness",
  "witness.cosign": "take a witness’s cosignature",
  "audit.seal": "seal past days",
  "audit.archive": "archive a day",
  "audit.fetch": "fetch an archived day",
  "audit.release": "let a fetched day go",
  "audit.retention": "set how the log is kept",
  "credential.set": "keep a provider’s credential",
  "credential.remove": "remove a provider’s credential",
  "exit-kit.write": "write an exit kit",
  "intent.settle": "settle an open intent",
  "storage.sweep": "sweep unnamed files away",
};

/** One that isn't known here is shown as the log has it. */
export const actionSaid = (action: string): string => said[action] ?? action;

const groups = [
  ["Tenants", ["tenant", "approver", "exit-kit"]],
  ["Keys", ["root-key", "challenge", "data-key"]],
  ["Data", ["dataset", "object"]],
  ["Evidence", ["audit", "witness"]],
  ["Workspace", ["workspace", "credential", "intent", "storage"]],
] as const;

const OTHER = "Other";

/** Rows under headings, by what they act on; each in the engine's own order. */
export function grouped<Row extends { readonly action: string }>(
  rows: readonly Row[],
): { readonly title: string; readonly rows: readonly Row[] }[] {
  const titleOf = ({ action }: Row): string => {
    const resource = action.split(".")[0] ?? "";
    return groups.find(([, of]) => (of as readonly string[]).includes(resource))?.[0] ?? OTHER;
  };
  return [...groups.map(([title]) => title), OTHER]
    .map((title) => ({ title, rows: rows.filter((row) => titleOf(row) === title) }))
    .filter((group) => group.rows.length > 0);
}
