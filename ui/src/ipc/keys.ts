/**
 * Names of everything that queries hold, by resource. The first word is the resource: invalidating
 * `keys.tenants.all` reaches each of its queries. What grows with every record lies under `live`.
 */
export const keys = {
  standing: ["standing"],
  workspace: ["workspace"],
  attention: ["attention"],
  tenants: {
    all: ["tenants"],
    list: ["tenants", "list"],
    one: (tenant: string) => ["tenants", "one", tenant],
  },
  approvers: (tenant: string) => ["tenants", "one", tenant, "approvers"],
  rotation: {
    all: ["rotation"],
    period: (tenant: string | null) => ["rotation", "period", tenant],
  },
  rewraps: { all: ["rewraps"], forecast: (tenant: string) => ["rewraps", "forecast", tenant] },
  audit: {
    all: ["audit"],
    /** Asked again whenever records are appended; each name once, with its arguments after it. */
    live: (...name: readonly unknown[]) => ["audit", "live", ...name],
    /** Never changes once it is known, such as a record. */
    still: (...name: readonly unknown[]) => ["audit", "still", ...name],
  },
  approvals: { all: ["approvals"], one: (id: string) => ["approvals", "one", id] },
  hierarchy: { all: ["hierarchy"], of: (tenant: string) => ["hierarchy", "of", tenant] },
  access: ["access"],
  witnesses: ["witnesses"],
  keystore: ["keystore"],
  credentials: ["credentials"],
} as const;
