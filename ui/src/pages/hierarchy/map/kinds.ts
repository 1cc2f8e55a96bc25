/** What a tenant is on the map, by the engine's words about it. */
import type { IconName, Tone } from "@/design";
import type { TenantRow } from "@/ipc";

/** At risk first, then well, then out of use: the order on the map. */
export const kinds = [
  "compromised",
  "revoked",
  "suspended",
  "past",
  "quarantined",
  "well",
  "pending",
  "deactivated",
  "offboarded",
] as const;
export type Kind = (typeof kinds)[number];

/** How a kind is drawn: whatever is at risk filled, what is well with its age, the rest hollow. */
interface Drawn {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly word: string;
  readonly title: string;
  readonly group: "risk" | "well" | "hollow";
}

export const drawn: Readonly<Record<Kind, Drawn>> = {
  compromised: {
    tone: "compromised",
    icon: "compromised",
    word: "compromised",
    title: "Compromised",
    group: "risk",
  },
  revoked: { tone: "denied", icon: "revocation", word: "revoked", title: "Revoked", group: "risk" },
  suspended: {
    tone: "suspended",
    icon: "suspended",
    word: "suspended",
    title: "Suspended",
    group: "risk",
  },
  past: {
    tone: "compromised",
    icon: "clock",
    word: "past due",
    title: "Past their period",
    group: "risk",
  },
  quarantined: {
    tone: "attention",
    icon: "quarantine",
    word: "quarantined",
    title: "Data keys quarantined",
    group: "risk",
  },
  well: { tone: "active", icon: "active", word: "well", title: "Well", group: "well" },
  pending: {
    tone: "pre-activation",
    icon: "pre-activation",
    word: "pending",
    title: "Pending",
    group: "hollow",
  },
  deactivated: {
    tone: "deactivated",
    icon: "deactivated",
    word: "deactivated",
    title: "Deactivated",
    group: "hollow",
  },
  offboarded: {
    tone: "destroyed",
    icon: "destroyed",
    word: "offboarded",
    title: "Offboarded",
    group: "hollow",
  },
};

export function kindOf(row: TenantRow, now: number): Kind {
  switch (row.state) {
    case "offboarded":
      return "offboarded";
    case "revoked":
      return "revoked";
    case "suspended":
      return "suspended";
    case "pending":
      return "pending";
  }
  if (row.root_key?.state === "compromised") return "compromised";
  if (row.root_key?.state === "deactivated") return "deactivated";
  if (row.due_at !== null && new Date(row.due_at).getTime() < now) return "past";
  return row.quarantined > 0 ? "quarantined" : "well";
}

/** The age of what wraps as a share of its period; 0 where nothing has an age. */
export function shareOf(row: TenantRow, now: number): number {
  if (row.rotated_at === null || row.due_at === null) return 0;
  const since = new Date(row.rotated_at).getTime();
  const due = new Date(row.due_at).getTime();
  return due > since ? Math.max(0, (now - since) / (due - since)) : 1;
}
