import { describe, expect, it } from "vitest";
import { BOX, proofShape } from "./proof-shape";

const path = (length: number, left = false) =>
  Array.from({ length }, (_, index) => ({
    sibling: `s${String(index)}`,
    left,
    node: `n${String(index)}`,
  }));

describe("a proof's picture", () => {
  it("is the root alone for a log of one record", () => {
    const shape = proofShape("0", [], "root", false);
    expect(shape.boxes).toHaveLength(1);
    expect(shape.boxes[0]?.kind).toBe("root");
  });

  it("leaves out what a glance doesn't need, and says how much", () => {
    const shape = proofShape("7", path(20), "root", false);
    expect(shape.hidden).toBe(17);
    expect(shape.boxes.at(-1)).toMatchObject({ text: "root", kind: "root" });
    expect(proofShape("7", path(20), "root", true).hidden).toBe(0);
  });

  it("has each sibling on its side", () => {
    const [leaf, sibling] = proofShape("7", path(3, true), "root", false).boxes;
    expect(sibling?.x).toBeLessThan(leaf?.x ?? 0);
  });

  it.each([true, false])("stays inside for siblings of one side (left: %s)", (left) => {
    const shape = proofShape("7", path(24, left), "root", true);
    for (const box of shape.boxes) {
      expect(box.x).toBeGreaterThanOrEqual(BOX.width / 2);
      expect(box.x).toBeLessThanOrEqual(shape.width - BOX.width / 2);
      expect(box.y).toBeGreaterThanOrEqual(0);
    }
  });
});
