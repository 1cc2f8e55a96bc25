import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Access from ".";
import { grouped } from "./words";

const row = (action: string, approver: string) => ({
  action,
  administrator: "all",
  security_officer: "none",
  tenant_approver: approver,
  application: "none",
});

it("shows each role’s right as the engine tells it", async () => {
  mockEngine({
    workspace_show: () => ({ role: "tenant-approver:acme", actor: "os:mara" }),
    access_matrix: () => [row("tenant.revoke", "own-tenant"), row("tenant.suspend", "none")],
  });
  show(<Access />);
  const revoke = (await screen.findByText("tenant.revoke")).closest("tr");
  const cells = within(revoke as HTMLElement).getAllByRole("cell");
  expect(cells.map((cell) => cell.textContent)).toEqual([
    "permitted",
    "–not permitted",
    "own",
    "–not permitted",
  ]);
  expect(screen.getByText("yours now")).toBeInTheDocument();
});

it("leaves no action out, whatever it acts on", () => {
  const rows = ["witness.add", "tenant.revoke", "moon.land"].map((action) => ({ action }));
  expect(grouped(rows).map(({ title }) => title)).toEqual(["Tenants", "Evidence", "Other"]);
});
