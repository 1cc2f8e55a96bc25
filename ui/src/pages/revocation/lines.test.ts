import { describe, expect, it } from "vitest";
import { course, marksHeard, marksOf, median, scaleEnd } from "./lines";
import { line } from "./testing";

const names = (marks: readonly { name: string }[]) => marks.map((mark) => mark.name);

describe("a recorded revocation", () => {
  it("has a mark for each time that the log has, in seconds from its beginning", () => {
    expect(marksOf(line({}))).toMatchObject([
      { name: "asked", at: 0 },
      { name: "locked", at: 0.021 },
      { name: "disabled", at: 0.1 },
      { name: "first refusal", at: 0.25 },
    ]);
  });

  it("has no mark for what didn’t happen", () => {
    const here = line({ at_provider: false, disabled_at: null, first_refusal_at: null });
    expect(names(marksOf(here))).toEqual(["asked", "locked"]);
  });

  it("begins with the provider’s refusal where that is its cause", () => {
    const denied = line({ cause: "denied", disabled_at: null });
    expect(names(marksOf(denied))).toEqual(["denied", "locked"]);
  });
});

describe("a revocation under way", () => {
  it("shows what is to come dashed, at the median of past ones", () => {
    const heard = [{ step: { step: "recorded", at: "" }, at: 0.03 }] as const;
    const marks = marksHeard(heard, course(true), [line({})]);
    expect(names(marks)).toEqual(["asked", "locked", "disabled, median", "first refusal, median"]);
    expect(marks.map((mark) => mark.pending === true)).toEqual([false, false, true, true]);
  });

  it("invents no time where nothing was measured yet", () => {
    expect(names(marksHeard([], course(true), []))).toEqual(["asked"]);
  });

  it("doesn’t count how long a provider’s denial took to be noticed", () => {
    const denied = line({ cause: "denied", locked_after_ms: 90_000 });
    expect(names(marksHeard([], course(false), [denied]))).toEqual(["asked"]);
  });
});

it("takes the middle of an even number of times", () => {
  expect([median([]), median([3]), median([4, 1]), median([9, 1, 2])]).toEqual([null, 3, 2.5, 2]);
});

it("leaves room after the last mark, and never has an empty scale", () => {
  expect(scaleEnd([{ marks: marksOf(line({})) }])).toBe(0.4);
  expect(scaleEnd([])).toBe(0.02);
});
