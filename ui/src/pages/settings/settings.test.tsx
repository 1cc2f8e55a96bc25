import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { failed, mockEngine, type MockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Settings from ".";
import { workspace } from "./testing";

const key = {
  reference: "local:acme-root",
  name: "acme-root",
  state: "enabled",
  version: 2,
  created_at: "2026-08-01T00:00:00Z",
  deletion_at: null,
  tenants: ["acme"],
  tags: [],
};

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine({
    workspace_show: () => workspace,
    workspace_standing: () => ({
      standing: "open",
      folder: workspace.folder,
      passphrase: false,
      keyring: null,
      keyring_failure: null,
      failure: null,
      lock_after_minutes: 15,
      version: "0.1.0",
    }),
    tenants_list: () => [],
    keystore_list: () => [key],
    credentials_list: () => [],
    rotation_period: () => ({ days: 90, own: false, default_days: 90 }),
    audit_retention: () => ({ keep_days: 30, archive_under: null }),
    witnesses_show: () => ({ records: 12_000, anchors: [], witnesses: [] }),
  });
});

describe("the local key store", () => {
  it("has a key deleted only once its name was typed", async () => {
    const user = userEvent.setup();
    engine.answer({ keystore_schedule_deletion: () => "2026-12-24T00:00:00Z" });
    show(<Settings />);
    await user.click(await screen.findByRole("button", { name: "actions of acme-root" }));
    await user.click(await screen.findByRole("menuitem", { name: /deleted/ }));
    const dialog = await screen.findByRole("dialog");
    const button = within(dialog).getByRole("button", { name: "Have acme-root deleted" });
    expect(button).toBeDisabled();
    await user.type(within(dialog).getByLabelText(/Type/), "acme-root");
    await user.click(button);
    const called = engine.called.find((one) => one.command === "keystore_schedule_deletion");
    expect(called?.args).toEqual({ name: "acme-root", days: 30 });
  });

  it("says why a key couldn't be rotated", async () => {
    const user = userEvent.setup();
    engine.answer({
      keystore_rotate: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw failed("key-disabled", "key `local:acme-root` is disabled");
      },
    });
    show(<Settings />);
    await user.click(await screen.findByRole("button", { name: "actions of acme-root" }));
    await user.click(await screen.findByRole("menuitem", { name: /new version/ }));
    expect(await screen.findByText("key-disabled")).toBeInTheDocument();
  });
});

it("says what a rotation period means before it is saved", async () => {
  const user = userEvent.setup();
  engine.answer({ rotation_period_set: () => null });
  show(<Settings />);
  const days = await screen.findByLabelText("A root key version stays current for");
  await user.clear(days);
  await user.type(days, "30");
  expect(screen.getByText(/^30 days after a version became current/)).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Save" }));
  const called = engine.called.find((one) => one.command === "rotation_period_set");
  expect(called?.args).toEqual({ tenant: null, days: 30 });
});

it("says what it means that nobody else keeps a checkpoint", async () => {
  show(<Settings />);
  expect(await screen.findByText(/Nobody else holds a checkpoint/)).toBeInTheDocument();
});

it("shows a tenant's approver nothing of the workspace's keys", async () => {
  engine.answer({ workspace_show: () => ({ ...workspace, role: "tenant-approver:acme" }) });
  show(<Settings />);
  expect(await screen.findByText("Theme and lock")).toBeInTheDocument();
  expect(screen.queryByText("Local key store")).not.toBeInTheDocument();
  const asked = engine.called.map((one) => one.command);
  expect(asked).not.toContain("keystore_list");
  expect(asked).not.toContain("credentials_list");
});
