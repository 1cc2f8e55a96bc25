import { expect, it } from "vitest";
import { hierarchy } from "../testing";
import { hangingOn, namesOf } from "./consequences";

it("counts what hangs on one root key alone", () => {
  const view = hierarchy();
  const [first] = view.root_keys;
  expect(first && hangingOn(view, first)).toMatchObject({
    datasets: ["mail", "documents"],
    dataKeys: 12,
    objects: 120,
    cached: 1,
    stale: 2,
    staleVersions: [2],
    untouched: ["archive"],
  });
});

it("names a few, and counts the rest", () => {
  expect(namesOf(["a"])).toBe("a");
  expect(namesOf(["a", "b", "c", "d"])).toBe("a, b, c and d");
  expect(namesOf(["a", "b", "c", "d", "e"])).toBe("a, b, c and 2 more");
});
