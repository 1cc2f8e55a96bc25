import { describe, expect, it } from "vitest";
import { reveal, scaleOf, TALLEST } from "./scale";

describe("long tables", () => {
  it("are drawn as they are while the web view can", () => {
    expect(scaleOf(1000 * 26, 600)).toEqual({ drawn: 26_000, ratio: 1 });
  });

  it("reach their last row in a shorter box", () => {
    const total = 10_000_000 * 26;
    const { drawn, ratio } = scaleOf(total, 600);
    expect(drawn).toBe(TALLEST);
    expect((drawn - 600) * ratio).toBeCloseTo(total - 600, 3);
  });

  it("bring a row into view by the shortest way", () => {
    expect(reveal(260, 26, 0, 600)).toBeUndefined();
    expect(reveal(260, 26, 300, 600)).toBe(260);
    expect(reveal(2600, 26, 0, 600)).toBe(2026);
  });
});
