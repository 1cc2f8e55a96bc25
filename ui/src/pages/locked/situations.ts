/** Why a workspace doesn't open, in words for whoever stands before it. `docs/console.md` lists them. */

interface Situation {
  readonly title: string;
  /** What it means, and that nothing is lost by waiting. */
  readonly says: string;
  /** Whether the same may succeed in a moment, once something outside was mended. */
  readonly again: boolean;
}

const situations: ReadonlyMap<string, Situation> = new Map([
  [
    "wrong-passphrase",
    {
      title: "That isn’t the passphrase",
      says: "Nothing was opened and nothing was changed. Nobody can tell what it is: Keyward doesn’t keep it.",
      again: true,
    },
  ],
  [
    "keyring-unavailable",
    {
      title: "The system’s keyring doesn’t answer",
      says: "The workspace’s secrets rest there. Unlock the keyring, or sign in to the desktop session that has it, and try again.",
      again: true,
    },
  ],
  [
    "workspace-newer",
    {
      title: "A newer Keyward made this workspace",
      says: "This one doesn’t know its format and writes nothing to it. Open it with the version that made it, or a newer one.",
      again: false,
    },
  ],
  [
    "state-corrupt",
    {
      title: "The workspace is damaged",
      says: "A file isn’t what Keyward wrote. It was left as it is. Keep it as evidence, and restore a copy into another folder.",
      again: true,
    },
  ],
  [
    "log-not-verified",
    {
      title: "The audit log doesn’t verify",
      says: "The newest checkpoint and the records don’t agree, so nothing is opened and no key is called. Keep the folder as evidence, and restore a copy.",
      again: true,
    },
  ],
  [
    "not-finished",
    {
      title: "This workspace was never finished",
      says: "Making it was interrupted, so it holds nothing yet. Unless another process is just making it, remove the folder and begin again.",
      again: true,
    },
  ],
  [
    "no-permission",
    {
      title: "The folder can’t be written",
      says: "It is read-only, or belongs to another account. Each operation is a record in the log, so Keyward opens nothing that it can’t write to. Mend the permissions, or mount the disk for writing.",
      again: true,
    },
  ],
  [
    "disk-full",
    {
      title: "The disk is full",
      says: "Nothing was written in part. Free some space, then try again.",
      again: true,
    },
  ],
  [
    "database-locked",
    {
      title: "Another process holds the database",
      says: "It has been busy for too long. Let the other process finish, or look which one it is, then try again.",
      again: true,
    },
  ],
  [
    "log-rolled-back",
    {
      title: "This database is older than its anchor",
      says: "Opened like this, keys that were denied since could serve again. So nothing is opened, and no root key is called.",
      again: true,
    },
  ],
  [
    "log-forked",
    {
      title: "This database holds another history than its anchor",
      says: "One of the two was replaced. Until somebody knows which, nothing is opened, and no root key is called.",
      again: true,
    },
  ],
]);

const unknown: Situation = {
  title: "The workspace doesn’t open",
  says: "Nothing was changed.",
  again: true,
};

export const situationOf = (code: string): Situation => situations.get(code) ?? unknown;

/** Whether a failure is one that a person may accept, with a reason that is recorded. */
export const isContradiction = (code: string): boolean =>
  code === "log-rolled-back" || code === "log-forked";
