import { describe, expect, it } from "vitest";
import { laneOf, ticks } from "./timeline-layout";

const marks = [
  { name: "denied", at: 0, tone: "denied" },
  { name: "noticed", at: 1.42, tone: "suspended" },
  { name: "evicted", at: 1.43, tone: "suspended" },
  { name: "first refusal", at: 1.9, tone: "active" },
] as const;

describe("laneOf", () => {
  it("colours from each mark to the next, and the last to the end", () => {
    const { bars } = laneOf({ id: "a", title: "a", marks }, 4, 700);
    expect(bars.map((bar) => [bar.from, bar.to, bar.pending])).toEqual([
      [0, 1.42, false],
      [1.42, 1.43, false],
      [1.43, 1.9, false],
      [1.9, 4, false],
    ]);
  });

  it("invents no end for a run under way", () => {
    const { bars, marks: placed } = laneOf(
      {
        id: "a",
        title: "a",
        marks: [...marks.slice(0, 3), { ...marks[3], pending: true }],
        now: 1.6,
      },
      4,
      700,
    );
    expect(bars.at(-2)).toMatchObject({ from: 1.43, to: 1.6 });
    expect(bars.at(-1)).toMatchObject({ from: 1.6, to: 4, pending: true });
    expect(placed.map((mark) => mark.name)).toContain("now");
  });

  it.each([330, 700, 1200])("lays no name over another at %i px", (width) => {
    const { marks: placed } = laneOf({ id: "a", title: "a", marks }, 4, width);
    const spans = placed.map((mark) => {
      const name = (mark.name.length + 5) * 6;
      const at = (mark.at / 4) * width;
      return { line: mark.line, from: mark.side === "right" ? at : at - name, name };
    });
    for (const [index, one] of spans.entries()) {
      for (const other of spans.slice(index + 1).filter(({ line }) => line === one.line)) {
        const apart = one.from + one.name <= other.from || other.from + other.name <= one.from;
        expect(apart).toBe(true);
      }
    }
  });
});

it("takes round ticks", () => {
  expect(ticks(4)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
  expect(ticks(0.6)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
});
