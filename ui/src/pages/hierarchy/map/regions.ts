/** All tenants by provider and region, and by the cell that each has on its region's map. */
import { providerName } from "@/design";
import type { TenantRow } from "@/ipc";
import { groupBy } from "../groups";
import { drawn, type Kind, kindOf, kinds, shareOf } from "./kinds";

/** A tenant where it stands. */
export interface Spot {
  readonly row: TenantRow;
  readonly kind: Kind;
  /** The age of its root key version against its period. */
  readonly share: number;
  readonly region: string;
}

/** A cell: one tenant, or up to 16 that are well. */
export interface Cell {
  readonly kind: Kind;
  readonly spots: readonly Spot[];
  /** The age of the oldest of them. */
  readonly share: number;
}

export interface Region {
  readonly id: string;
  readonly provider: string;
  readonly place: string;
  readonly spots: readonly Spot[];
  readonly counts: ReadonlyMap<Kind, number>;
  readonly cells: readonly Cell[];
}

/** How many well tenants share a cell where there are many, and from how many on. */
export const SHARED = 16;
const MANY = 240;

/** Where each tenant stands; the first of them is who is most at risk. */
export function spotsOf(rows: readonly TenantRow[], now: number): Spot[] {
  const order = new Map(kinds.map((kind, index) => [kind, index]));
  return rows
    .map((row): Spot => {
      const { provider, place } = whereOf(row);
      const kind = kindOf(row, now);
      return { row, kind, share: shareOf(row, now), region: `${provider} · ${place}` };
    })
    .sort(
      (a, b) =>
        (order.get(a.kind) ?? 0) - (order.get(b.kind) ?? 0) ||
        b.share - a.share ||
        (a.row.id < b.row.id ? -1 : 1),
    );
}

/** The regions with their cells, the largest first. `spots` are in order. */
export function regionsOf(spots: readonly Spot[]): Region[] {
  const each = spots.length > MANY ? SHARED : 1;
  return [...groupBy(spots, (spot) => spot.region)]
    .map(([id, own]): Region => {
      const first = own[0];
      const { provider, place } = first === undefined ? nowhere : whereOf(first.row);
      const counts = new Map<Kind, number>();
      for (const { kind } of own) counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return { id, provider, place, spots: own, counts, cells: cellsOf(own, each) };
    })
    .sort((a, b) => b.spots.length - a.spots.length || (a.id < b.id ? -1 : 1));
}

function cellsOf(spots: readonly Spot[], each: number): Cell[] {
  const cells: Cell[] = [];
  for (const [kind, own] of groupBy(spots, (spot) => spot.kind)) {
    const size = drawn[kind].group === "well" ? each : 1;
    for (let at = 0; at < own.length; at += size) {
      const inside = own.slice(at, at + size);
      cells.push({ kind, spots: inside, share: inside[0]?.share ?? 0 });
    }
  }
  return cells;
}

const nowhere = { provider: "no root key yet", place: "–" };

/** A key that may be used in several regions stands on a map of theirs. */
function whereOf({ root_key: key }: TenantRow): { provider: string; place: string } {
  if (key === null) return nowhere;
  return { provider: providerName(key.provider), place: key.regions.join(" + ") || "any region" };
}
