/** Which tenants are listed: in the address, and of those that are here. */
import type { TenantRow } from "@/ipc";

/** Whoever isn't served comes first. */
export const states = ["revoked", "suspended", "pending", "active", "offboarded"] as const;

export interface TenantFilter {
  readonly state: string | null;
  readonly provider: string | null;
  readonly search: string;
}

export const filterOf = (address: URLSearchParams): TenantFilter => ({
  state: address.get("state"),
  provider: address.get("provider"),
  search: address.get("search") ?? "",
});

/** The tenants that pass; all conditions hold together. */
export function passing(rows: readonly TenantRow[], filter: TenantFilter): readonly TenantRow[] {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter(
    (row) =>
      (filter.state === null || row.state === filter.state) &&
      (filter.provider === null || row.root_key?.provider === filter.provider) &&
      words.every((word) => textOf(row).includes(word)),
  );
}

/** What a search looks through: the names, and every word for the root key. */
const textOf = ({ id, display_name, root_key: key }: TenantRow): string =>
  [id, display_name, key?.reference, key?.custody, ...(key?.regions ?? [])].join(" ").toLowerCase();

/** How many are in each state. */
export function countByState(rows: readonly TenantRow[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}

/** The providers that tenants use. */
export const providersOf = (rows: readonly TenantRow[]): string[] =>
  [...new Set(rows.flatMap(({ root_key: key }) => (key === null ? [] : [key.provider])))].sort();

/** Sorts by who isn't served, then by what is due first. */
export function urgency({ state, due_at }: TenantRow): number {
  const rank = (states as readonly string[]).indexOf(state);
  const place = rank < 0 ? states.length : rank;
  return place * 1e14 + (due_at === null ? 9e13 : Date.parse(due_at));
}
