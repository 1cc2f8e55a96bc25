/** In which role somebody works in the window. The engine decides; the window shows what it may open. */
export type Role =
  | { readonly kind: "administrator" }
  | { readonly kind: "security-officer" }
  | { readonly kind: "tenant-approver"; readonly tenant: string };

/** Reads the engine's word. What isn't known may open nothing but a tenant of no name. */
export function parseRole(word: string): Role {
  if (word === "administrator" || word === "security-officer") return { kind: word };
  return { kind: "tenant-approver", tenant: word.replace(/^tenant-approver:/, "") };
}

/** The engine's word for a role. */
export const roleWord = (role: Role): string =>
  role.kind === "tenant-approver" ? `tenant-approver:${role.tenant}` : role.kind;

/** How people say it. */
export function roleName(role: Role): string {
  switch (role.kind) {
    case "administrator":
      return "administrator";
    case "security-officer":
      return "security officer";
    case "tenant-approver":
      return `approver of ${role.tenant}`;
  }
}
