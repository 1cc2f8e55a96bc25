import { describe, expect, it } from "vitest";
import { addressOf, filterOf, isCounted, isEmpty, noFilter, typed } from "./filter";

describe("filters", () => {
  it("live in the address, beside what else is there", () => {
    const filter = { ...noFilter, tenant: "acme", since: "2026-11-24T08:00:00Z" };
    const address = addressOf(filter, new URLSearchParams("view=days&actor=ops"));
    expect(address.get("view")).toBe("days");
    expect(address.get("actor")).toBeNull();
    expect(filterOf(address)).toEqual(filter);
  });

  it("are empty where nothing but spaces is asked for", () => {
    expect(isEmpty(filterOf(new URLSearchParams("tenant=%20")))).toBe(true);
  });

  it("know what is counted by hour and day", () => {
    expect(isCounted({ ...noFilter, tenant: "acme", outcome: "denied" })).toBe(true);
    expect(isCounted({ ...noFilter, search: "invoice" })).toBe(false);
  });

  it("are read from what is typed", () => {
    expect(typed("tenant: acme ")).toEqual({ tenant: "acme" });
    expect(typed("key:rk:acme/1")).toEqual({ key: "rk:acme/1" });
    expect(typed(" invoices 2026")).toEqual({ search: "invoices 2026" });
    expect(typed("nothing:here")).toEqual({ search: "nothing:here" });
    expect(typed("tenant:")).toEqual({ search: "tenant:" });
    expect(typed("  ")).toEqual({});
  });
});
