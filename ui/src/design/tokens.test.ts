import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync("src/design/tokens.css", "utf8").replace(/\/\*[^]*?\*\//g, "");

/** The declarations of the first block whose selector has all of these words, on top of others. */
function tokens(selector: RegExp, base: ReadonlyMap<string, string> = new Map()) {
  const found = new Map(base);
  for (const [, head = "", body = ""] of css.matchAll(/(?:^|})\s*([^{}]+)\{([^{}]*)\}/g)) {
    if (!selector.test(head.trim())) continue;
    for (const [, name = "", value = ""] of body.matchAll(/(--[\w-]+):\s*([^;]+);/g))
      found.set(name, value.trim());
  }
  return found;
}

const light = tokens(/^:root$/);
const dark = tokens(/^:root\[data-mantine-color-scheme="dark"\]$/, light);

/** WCAG 2.2's relative luminance of `#rrggbb`. */
function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const surfaces = ["nav", "bg", "surface", "surface-2", "raised", "hover", "selected"];

describe.each([
  ["light", light],
  ["dark", dark],
])("in the %s scheme", (_, scheme) => {
  const colour = (name: string): string => {
    const value = scheme.get(name);
    if (value === undefined || !/^#[0-9a-f]{6}$/i.test(value))
      throw new Error(`${name}: ${String(value)}`);
    return value;
  };
  const named = [...scheme.keys()];
  const families = named
    .filter((name) => name.endsWith("-solid") && !name.startsWith("--tone"))
    .map((name) => name.slice(0, -"-solid".length));

  it("has text of 4.5:1 on every surface", () => {
    const texts = [
      "--color-text",
      "--color-text-2",
      "--color-text-3",
      ...families.map((family) => `${family}-text`),
    ];
    expect(families.length).toBeGreaterThan(9);
    for (const text of texts)
      for (const surface of surfaces) {
        const found = contrast(colour(text), colour(`--color-${surface}`));
        expect(found, `${text} on --color-${surface}`).toBeGreaterThanOrEqual(4.5);
      }
  });

  it("has words of 4.5:1 on tints and solids, and edges of 3:1", () => {
    for (const family of families) {
      const of = (part: string) => colour(`${family}-${part}`);
      expect(contrast(of("text"), of("bg")), `${family}-text on its tint`).toBeGreaterThanOrEqual(
        4.5,
      );
      expect(contrast(of("on"), of("solid")), `${family}-on on its solid`).toBeGreaterThanOrEqual(
        4.5,
      );
      for (const part of ["border", "solid"])
        expect(
          contrast(of(part), colour("--color-surface")),
          `${family}-${part}`,
        ).toBeGreaterThanOrEqual(3);
    }
  });
});
