import { expect, it } from "vitest";
import { suggestions } from "./suggestions";

const known = {
  tenants: ["acme", "globex"],
  actions: ["object.read", "object.write", "tenant.suspend"],
  outcomes: ["ok", "denied"],
};
const labels = (text: string) => suggestions(text, known, 0).map((one) => one.label);

it("begins with the fields, and times that are often asked for", () => {
  expect(labels("")).toEqual([
    ...["tenant:", "key:", "action:", "outcome:", "actor:"],
    ...["the last hour", "the last 24 hours", "the last 7 days"],
  ]);
});

it("offers a field's values", () => {
  expect(labels("action:obj")).toEqual(["action: object.read", "action: object.write"]);
  expect(labels("key:rk:acme/1")).toEqual(["key: rk:acme/1"]);
  expect(labels("tenant:nobody")).toEqual([]);
});

it("offers to search first, then what the text may be", () => {
  expect(labels("acme")).toEqual(["“acme”", "tenant: acme"]);
  expect(labels("act")).toEqual(["“act”", "action:", "actor:"]);
});

it("goes to a record by its number", () => {
  expect(suggestions("1 283", known, 0)[0]).toEqual({ label: "record 1283", goes: 1283 });
});
