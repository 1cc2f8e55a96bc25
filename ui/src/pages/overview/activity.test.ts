import { describe, expect, it } from "vitest";
import { bars, roundUp } from "./activity";

describe("operations over time", () => {
  const now = Date.parse("2026-03-02T10:20:00Z");

  it("has a bar for every hour, also where nothing happened", () => {
    const counts = [
      { start: "2026-03-02T10:00:00+00:00", term: "ok", records: 3 },
      { start: "2026-03-02T10:00:00+00:00", term: "denied", records: 1 },
      { start: "2026-03-01T11:00:00+00:00", term: "failed", records: 2 },
      { start: "2026-03-02T09:00:00+00:00", term: "intent", records: 9 },
    ];
    const found = bars(counts, "day", now);
    expect(found).toHaveLength(24);
    expect(found.at(-1)).toMatchObject({ ok: 3, denied: 1, failed: 0 });
    expect(found[0]).toMatchObject({ start: Date.parse("2026-03-01T11:00:00Z"), failed: 2 });
    expect(found.at(-2)).toMatchObject({ ok: 0, denied: 0, failed: 0 });
  });

  it("ends its scale at a round number", () => {
    expect([0, 3, 7, 41, 99, 100, 101].map(roundUp)).toEqual([4, 4, 8, 50, 100, 100, 200]);
  });
});
