import type { TenantRow } from "@/ipc";

/** How many root keys are so old: from so many percent of their period on. */
export interface AgeColumn {
  readonly from: number;
  readonly keys: number;
}

/** Columns of ten percent each, up to one and a half periods; what is older counts into the last. */
export function ageColumns(
  tenants: readonly TenantRow[],
  now: number,
): { columns: AgeColumn[]; past: number; keyed: number } {
  const counts = Array.from({ length: 15 }, () => 0);
  let past = 0;
  let keyed = 0;
  for (const tenant of tenants) {
    if (tenant.rotated_at === null || tenant.due_at === null) continue;
    const since = Date.parse(tenant.rotated_at);
    const share = (now - since) / (Date.parse(tenant.due_at) - since);
    const column = Math.min(counts.length - 1, Math.max(0, Math.floor(share * 10)));
    counts[column] = (counts[column] ?? 0) + 1;
    keyed += 1;
    if (share > 1) past += 1;
  }
  return { columns: counts.map((keys, index) => ({ from: index * 10, keys })), past, keyed };
}
