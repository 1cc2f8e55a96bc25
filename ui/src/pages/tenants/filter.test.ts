import { describe, expect, it } from "vitest";
import { filterOf, passing, urgency } from "./filter";
import { tenantRow } from "./testing";

const rows = [
  tenantRow("acme"),
  tenantRow("globex", { state: "suspended" }),
  tenantRow("initech", { state: "pending", root_key: null, due_at: null }),
];
const found = (address: string) =>
  passing(rows, filterOf(new URLSearchParams(address))).map(({ id }) => id);

describe("the tenants that pass", () => {
  it("are those of the address’s state and provider", () => {
    expect(found("state=suspended")).toEqual(["globex"]);
    expect(found("provider=local")).toEqual(["acme", "globex"]);
    expect(found("state=pending&provider=local")).toEqual([]);
  });

  it("have every word of the search somewhere, the root key’s too", () => {
    expect(found("search=ROOT+glo")).toEqual(["globex"]);
    expect(found("search=eu-central")).toEqual(["acme", "globex"]);
    expect(found("search=nobody")).toEqual([]);
  });
});

it("puts whoever isn’t served first, then what is due first", () => {
  const later = tenantRow("later", { due_at: "2027-01-01T00:00:00Z" });
  const sorted = [later, ...rows].sort((a, b) => urgency(a) - urgency(b));
  expect(sorted.map(({ id }) => id)).toEqual(["globex", "initech", "acme", "later"]);
});
