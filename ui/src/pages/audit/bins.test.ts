import { describe, expect, it } from "vitest";
import { ceiling, DAY, dayBins, dayOf, hourBins, isIn, shownDay, sum } from "./bins";

const day = Date.UTC(2026, 10, 24);

describe("bars", () => {
  it("hold refused and failed apart, and everything else together", () => {
    const counts = [
      { start: "2026-11-24T08:00:00Z", term: "ok", records: 5 },
      { start: "2026-11-24T08:00:00Z", term: "intent", records: 2 },
      { start: "2026-11-24T08:00:00Z", term: "denied", records: 3 },
      { start: "2026-11-24T09:00:00Z", term: "failed", records: 1 },
      { start: "2026-11-25T00:00:00Z", term: "ok", records: 9 },
    ];
    const bins = hourBins(counts, day);
    expect(bins).toHaveLength(24);
    expect(bins[8]).toMatchObject({ ok: 7, denied: 3, failed: 0 });
    expect(bins.reduce((all, bin) => all + sum(bin), 0)).toBe(11);
  });

  it("of days end with the last one", () => {
    const bins = dayBins([{ start: "2026-11-24T00:00:00Z", term: null, records: 4 }], day);
    expect(bins.at(-1)).toMatchObject({ start: day, end: day + DAY, ok: 4 });
  });

  it("are in the asked times where they touch them", () => {
    const [bin] = hourBins([], day);
    if (bin === undefined) throw new Error("a day has hours");
    expect(isIn(bin, bin.end, Infinity)).toBe(false);
    expect(isIn(bin, bin.start, bin.end)).toBe(true);
    expect(isIn(bin, -Infinity, bin.start)).toBe(false);
  });
});

it("ends a scale with a round number", () => {
  expect([0, 1, 3, 17, 124, 200, 8412].map(ceiling)).toEqual([1, 1, 3, 20, 150, 200, 10_000]);
});

it("shows the hours of the last asked day", () => {
  expect(shownDay(null, null, day)).toBe(day);
  expect(shownDay("2026-11-20T08:00:00Z", "2026-11-22T00:00:00Z", day)).toBe(
    dayOf(Date.UTC(2026, 10, 21)),
  );
  expect(shownDay("2026-11-20T08:00:00Z", null, day)).toBe(day);
});
