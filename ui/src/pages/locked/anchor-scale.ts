/** What a log and its anchor differ in, on one scale. */
import type { CommandError } from "@/ipc";

export interface AnchorScale {
  /** What keeps the other checkpoint. */
  readonly place: string;
  /** How many records it knows of. */
  readonly kept: number;
  /** Since when. */
  readonly keptAt: string | null;
  /** How many records the database has. */
  readonly here: number;
  /** How many the scale ends with. */
  readonly end: number;
  /** How many records both have; none is known where histories differ. */
  readonly shared: number;
  readonly missing: number;
}

/** Reads it from the failure; `null` where what is kept isn't this log's at all. */
export function anchorScale({ code, details }: CommandError): AnchorScale | null {
  const { place, kept_at } = details;
  const [kept, here] = [Number(details.kept), Number(details.here)];
  if (place === undefined || !Number.isFinite(kept) || !Number.isFinite(here)) return null;
  const rolledBack = code === "log-rolled-back";
  return {
    place,
    kept,
    keptAt: kept_at === undefined || kept_at === "" ? null : kept_at,
    here,
    end: Math.max(kept, here, 1),
    shared: rolledBack ? Math.min(kept, here) : 0,
    missing: rolledBack ? Math.max(kept - here, 0) : 0,
  };
}
