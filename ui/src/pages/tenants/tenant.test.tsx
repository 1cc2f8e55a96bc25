import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fail, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Tenant from "./tenant";
import { hierarchy, tenantRow } from "./testing";

const may = (action: string, ...roles: string[]) => ({
  action,
  administrator: roles.includes("administrator") ? "all" : "none",
  security_officer: "none",
  tenant_approver: roles.includes("approver") ? "own-tenant" : "none",
  application: "none",
});

const engine = (role = "administrator", state = "active") =>
  mockEngine({
    workspace_show: () => ({ role }),
    tenants_list: () => [tenantRow("acme", { state })],
    hierarchy_show: () => hierarchy("acme", state),
    approvers_list: () => [],
    access_matrix: () => [
      may("tenant.suspend", "administrator"),
      may("tenant.restore", "administrator"),
      may("tenant.offboard", "administrator"),
      may("approver.enroll", "administrator", "approver"),
      may("dataset.names", "administrator", "approver"),
      may("dataset.create", "administrator"),
    ],
  });
const open = (tab: string) =>
  show(<Tenant />, { at: `/tenants/acme?tab=${tab}`, route: "/tenants/:tenant" });

describe("off-boarding", () => {
  it("says what is lost, and takes the tenant’s id typed by hand", async () => {
    const mock = engine();
    mock.answer({
      tenant_offboard: ({ deleteData }) => {
        expect(deleteData).toBe(false);
        return { data_keys: 12, objects: 40, data_deleted: false };
      },
    });
    open("actions");
    expect(await screen.findByText(/wipes 12 wrapped data keys/)).toBeInTheDocument();
    const button = screen.getByRole("button", { name: "Off-board Acme" });
    expect(button).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/to confirm/), "acme");
    await waitFor(() => expect(button).toBeEnabled());
    await userEvent.click(button);
    await waitFor(() =>
      expect(mock.called.some((one) => one.command === "tenant_offboard")).toBe(true),
    );
  });
});

describe("a tenant that isn’t served", () => {
  it("stays so, and shows the engine’s refusal, where its key doesn’t answer", async () => {
    engine("administrator", "suspended").answer({
      tenant_restore: () => fail("key-denied", "the key is denied", "ask its owner"),
    });
    open("actions");
    await userEvent.click(await screen.findByRole("button", { name: "Restore Acme" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("key-denied");
  });
});

describe("an approver of the tenant", () => {
  it("is offered what the engine’s rules permit, and nothing more", async () => {
    engine("tenant-approver:acme");
    open("approvers");
    const key = await screen.findByLabelText(/Public key/);
    await waitFor(() => expect(key).toBeEnabled());
    await userEvent.click(screen.getByRole("button", { name: /Datasets/ }));
    expect(await screen.findByRole("button", { name: "Create a dataset…" })).toBeDisabled();
    expect(screen.getByRole("combobox", { name: /Names of mail/ })).toBeEnabled();
    expect(screen.getByRole("button", { name: "Rotate the data key of mail" })).toBeDisabled();
  });
});
