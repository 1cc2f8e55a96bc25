import { describe, expect, it } from "vitest";
import { bytes, duration, grouped, percent, relative } from "./format";

describe("numbers", () => {
  it("groups digits", () => {
    expect(grouped(1284907)).toBe("1\u202f284\u202f907");
    expect(grouped(-1000)).toBe("−1\u202f000");
    expect(grouped(999)).toBe("999");
    expect(grouped(1234.5)).toBe("1\u202f234.5");
    expect(grouped(Number.NaN)).toBe("–");
  });

  it("never rounds a share up to all of it", () => {
    expect(percent(9318, 12480)).toBe("74.6 %");
    expect(percent(99_999, 100_000)).toBe("99.9 %");
    expect(percent(5, 5)).toBe("100 %");
    expect(percent(0, 0)).toBe("–");
  });

  it("takes the largest unit of bytes", () => {
    expect(bytes(0)).toBe("0 B");
    expect(bytes(1536)).toBe("1.5 KiB");
    expect(bytes(200 * 1024 ** 2)).toBe("200 MiB");
  });
});

describe("times", () => {
  it("says a duration in two units", () => {
    expect(duration(0.41)).toBe("410 ms");
    expect(duration(1.86)).toBe("1.9 s");
    expect(duration(680)).toBe("11 min 20 s");
    expect(duration(86_400)).toBe("1 d");
    expect(duration(59.7)).toBe("1 min");
  });

  it("says how long ago and how soon", () => {
    const now = Date.UTC(2026, 10, 24, 9, 42);
    expect(relative(now - 38_000, now)).toBe("38 s ago");
    expect(relative(now - 5000, now)).toBe("5 s ago");
    expect(relative(now + 2 * 86_400_000, now)).toBe("in 2 d");
    expect(relative(now, now)).toBe("now");
  });
});
