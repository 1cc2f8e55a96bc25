import { expect, it } from "vitest";
import { entries, mayOpen } from "./navigation";

it("shows an approver one tenant and nothing of any other", () => {
  const role = { kind: "tenant-approver", tenant: "acme" } as const;
  expect(entries(role).map((entry) => entry.path)).toEqual([
    "/tenants/acme",
    "/onboarding/acme",
    "/revocation/acme",
    "/approvals",
    "/audit",
    "/settings",
  ]);
  expect(mayOpen(role, "/approvals/01J")).toBe(true);
  expect(mayOpen(role, "/tenants/globex")).toBe(false);
  expect(mayOpen(role, "/revocation/globex")).toBe(false);
  expect(mayOpen(role, "/revocation")).toBe(false);
  expect(mayOpen(role, "/tenants/acme-two")).toBe(false);
  expect(mayOpen(role, "/tenants")).toBe(false);
});

it("gives every page of a role its own key", () => {
  for (const kind of ["administrator", "security-officer"] as const) {
    const keys = entries({ kind }).map((entry) => entry.key);
    expect(new Set(keys).size).toBe(keys.length);
  }
});
