import { describe, expect, it } from "vitest";
import { fuzzy } from "./fuzzy";

const best = (needle: string, ...texts: string[]) =>
  texts
    .map((text) => ({ text, score: fuzzy(needle, text)?.score ?? -Infinity }))
    .sort((a, b) => b.score - a.score)[0]?.text;

describe("fuzzy", () => {
  it("finds letters in their order and says where", () => {
    expect(fuzzy("init", "Initech")?.ranges).toEqual([[0, 4]]);
    expect(fuzzy("itch", "Initech")?.ranges).toEqual([
      [2, 4],
      [5, 7],
    ]);
    expect(fuzzy("hc", "Initech")).toBeNull();
  });

  it("takes what begins with it before what contains it", () => {
    expect(best("acme", "not-acme", "acme")).toBe("acme");
    expect(best("pr", "spread", "Plan rotation", "Prove")).toBe("Prove");
  });

  it("finds all in an empty search", () => {
    expect(fuzzy("  ", "anything")).toEqual({ score: 0, ranges: [] });
  });
});
