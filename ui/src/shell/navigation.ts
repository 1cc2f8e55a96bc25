import type { IconName } from "@/design";
import type { Role } from "@/ipc";

/** A page in the navigation. */
export interface Entry {
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** The key after `g` that goes there. */
  readonly key: string;
}

export interface Group {
  readonly title?: string;
  readonly entries: readonly Entry[];
}

const entry = (path: string, title: string, icon: IconName, key: string): Entry => ({
  path,
  title,
  icon,
  key,
});

const overview = entry("/overview", "Overview", "overview", "o");
const tenants = entry("/tenants", "Tenants", "tenants", "t");
const onboarding = entry("/onboarding", "Onboarding", "onboarding", "n");
const hierarchy = entry("/hierarchy", "Hierarchy", "hierarchy", "h");
const rotation = entry("/rotation", "Rotation", "rotation", "r");
const revocation = entry("/revocation", "Revocation", "revocation", "v");
const approvals = entry("/approvals", "Approvals", "approvals", "p");
const audit = entry("/audit", "Audit", "audit", "a");
const access = entry("/access", "Access", "access", "c");
export const settings = entry("/settings", "Settings", "settings", "s");

/** What a role may open, above Settings. Which commands succeed there, the engine decides. */
export function navigation(role: Role): readonly Group[] {
  if (role.kind === "tenant-approver") {
    // Its own tenant's pages, and no list of others: it proves its keys, revokes them, and reads its log.
    const id = encodeURIComponent(role.tenant);
    const own = entry(`/tenants/${id}`, role.tenant, "tenants", "t");
    const proof = { ...onboarding, path: `/onboarding/${id}` };
    const stop = { ...revocation, path: `/revocation/${id}` };
    return [
      { entries: [own, proof] },
      { title: "Respond", entries: [stop, approvals] },
      { title: "Evidence", entries: [audit] },
    ];
  }
  return [
    { entries: [overview] },
    { title: "Keys", entries: [tenants, onboarding, hierarchy, rotation] },
    { title: "Respond", entries: [revocation, approvals] },
    { title: "Evidence", entries: [audit, access] },
  ];
}

/** All entries of a role, in order, with Settings. */
export const entries = (role: Role): readonly Entry[] => [
  ...navigation(role).flatMap((group) => group.entries),
  settings,
];

/** Whether the role may open the page at a path; a page of an entry is below its path. */
export const mayOpen = (role: Role, path: string): boolean =>
  entries(role).some((one) => path === one.path || path.startsWith(`${one.path}/`));
