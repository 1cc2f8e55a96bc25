import type { TenantRow } from "@/ipc";

const DAY_MS = 86_400_000;

/** How old the version is that wraps a tenant's data keys, beside the period that it may be current for. */
export interface Age {
  /** Whole days. */
  readonly days: number;
  readonly period: number;
  /** Of the period; past 1 it is overdue. */
  readonly share: number;
  /** Whole days until it is due; negative where that is past. */
  readonly left: number;
}

/** `null` where no version wraps yet. */
export function ageOf(
  { rotated_at, due_at, rotation_days }: Pick<TenantRow, "rotated_at" | "due_at" | "rotation_days">,
  now: number,
): Age | null {
  if (rotated_at === null || due_at === null) return null;
  const since = new Date(rotated_at).getTime();
  const due = new Date(due_at).getTime();
  return {
    days: Math.floor((now - since) / DAY_MS),
    period: rotation_days,
    share: (now - since) / Math.max(due - since, 1),
    left: Math.floor((due - now) / DAY_MS),
  };
}

/** How many days are left, or past. */
export function dueIn({ left }: Age): string {
  if (left < 0) return `${String(-left)} d past`;
  return left === 0 ? "today" : `in ${String(left)} d`;
}

/** What a shorter or longer period means for the tenants that it holds for. */
export function overdueWith(
  rows: readonly TenantRow[],
  days: number,
  now: number,
): readonly TenantRow[] {
  return rows.filter(
    (row) => row.rotated_at !== null && now - new Date(row.rotated_at).getTime() > days * DAY_MS,
  );
}
