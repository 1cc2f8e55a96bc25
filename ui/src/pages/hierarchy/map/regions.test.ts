import { describe, expect, it } from "vitest";
import { tenant } from "../testing";
import { cellAt, gridOf, panned, whole, zoomed } from "./frame";
import { regionsOf, spotsOf } from "./regions";

const now = new Date("2026-11-24T09:00:00Z").getTime();
const many = Array.from({ length: 1000 }, (_, index) => tenant(`t-${String(index)}`));

describe("regionsOf", () => {
  it("never averages away who is at risk", () => {
    const rows = [
      ...many,
      tenant("late", { due_at: "2026-11-23T09:00:00Z" }),
      tenant("gone", { state: "offboarded", root_key: null, rotated_at: null, due_at: null }),
      tenant("locked", { state: "suspended", state_code: "key-disabled" }),
      tenant("shut", { state: "revoked" }),
    ];
    const [region, nowhere] = regionsOf(spotsOf(rows, now));
    expect(region?.cells.slice(0, 3).map(({ kind, spots }) => [kind, spots[0]?.row.id])).toEqual([
      ["revoked", "shut"],
      ["suspended", "locked"],
      ["past", "late"],
    ]);
    expect(region?.cells).toHaveLength(3 + Math.ceil(1000 / 16));
    expect(nowhere?.cells).toMatchObject([{ kind: "offboarded" }]);
  });

  it("gives each tenant a cell of its own where there are few", () => {
    const [region] = regionsOf(spotsOf(many.slice(0, 40), now));
    expect(region?.cells).toHaveLength(40);
  });

  it("shows the age of the oldest that share a cell", () => {
    const old = tenant("old", {
      rotated_at: "2026-09-01T09:00:00Z",
      due_at: "2026-11-25T09:00:00Z",
    });
    const [region] = regionsOf(spotsOf([...many, old], now));
    expect(region?.cells[0]?.spots[0]?.row.id).toBe("old");
    expect(region?.cells[0]?.share).toBeGreaterThan(0.9);
  });
});

describe("a view", () => {
  const size = { width: 600, height: 400 };
  const grid = gridOf(625, size, 40);

  it("fits all cells", () => {
    expect(grid.columns * (grid.cell + grid.gap)).toBeLessThanOrEqual(size.width + grid.gap);
    expect(Math.ceil(625 / grid.columns) * (grid.cell + grid.gap)).toBeLessThanOrEqual(
      size.height + grid.gap,
    );
  });

  it("keeps what is under the pointer there while it zooms", () => {
    const at = { x: 333, y: 222 };
    const before = cellAt(grid, whole, at.x, at.y, 625)?.index;
    const near = zoomed(whole, 5, at, grid, size);
    expect(cellAt(grid, near, at.x, at.y, 625)?.index).toBe(before);
  });

  it("never leaves the canvas", () => {
    expect(zoomed(whole, 0.1, { x: 0, y: 0 }, grid, size)).toEqual(whole);
    expect(panned({ scale: 2, x: 0, y: 0 }, 500, -9000, size)).toEqual({ scale: 2, x: 0, y: -400 });
  });
});
