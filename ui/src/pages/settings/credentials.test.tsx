import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { fail, mockEngine, type MockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import { Providers } from "./Providers";
import { workspace } from "./testing";

const kept = {
  kind: "aws",
  provider: "aws-kms",
  identity: "AKIAIOSFODNN7EXAMPLE",
  endpoint: null,
  region: null,
  temporary: false,
  set_at: "2026-11-20T08:00:00Z",
  set_by: "os:ada",
};
const SECRET = "wJalrXUtnFEMI/K7MDENG";

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine({ workspace_show: () => workspace, credentials_list: () => [] });
});

const open = async (button: RegExp) => {
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: button }));
  return { user, dialog: within(await screen.findByRole("dialog")) };
};

it("sends an access key once, and empties its secret whatever becomes of it", async () => {
  engine.answer({ credential_set: () => fail("keyring-unavailable", "the OS keyring is locked") });
  show(<Providers workspace={workspace} />);
  const { user, dialog } = await open(/Keep a credential/);
  const button = dialog.getByRole("button", { name: "Keep it" });
  await user.type(dialog.getByLabelText("Access key id"), kept.identity);
  expect(button).toBeDisabled();
  await user.type(dialog.getByLabelText("Secret access key"), SECRET);
  await user.click(button);
  expect(await dialog.findByText("keyring-unavailable")).toBeInTheDocument();
  expect(dialog.getByLabelText("Secret access key")).toHaveValue("");
  expect(dialog.getByLabelText("Access key id")).toHaveValue(kept.identity);
  const called = engine.called.find((one) => one.command === "credential_set");
  expect(called?.args).toMatchObject({
    credential: { aws: { access_key_id: kept.identity, secret_access_key: SECRET, profile: null } },
  });
});

it("shows who is kept and since when, and nothing to read the secret by", async () => {
  engine.answer({ credential_set: () => kept });
  show(<Providers workspace={workspace} />);
  const { user, dialog } = await open(/Keep a credential/);
  await user.type(dialog.getByLabelText("Access key id"), kept.identity);
  await user.type(dialog.getByLabelText("Secret access key"), SECRET);
  engine.answer({ credentials_list: () => [kept] });
  await user.click(dialog.getByRole("button", { name: "Keep it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(await screen.findByText(/in the OS keyring; it is never shown again/)).toBeInTheDocument();
  expect(screen.getByText(/by os:ada/)).toBeInTheDocument();
  const again = await open(/Replace/);
  expect(again.dialog.getByLabelText("Secret access key")).toHaveValue("");
});

it("removes one only when asked twice", async () => {
  engine.answer({ credentials_list: () => [kept], credential_remove: () => null });
  show(<Providers workspace={workspace} />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Remove…" }));
  expect(engine.called.some((one) => one.command === "credential_remove")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Remove it for good" }));
  const called = engine.called.find((one) => one.command === "credential_remove");
  expect(called?.args).toEqual({ kind: "aws" });
});

it("says what the environment decides, and that an unreadable one stops every call", async () => {
  engine.answer({ credentials_list: () => [{ ...kept, identity: null, set_at: null }] });
  show(<Providers workspace={{ ...workspace, aws_profile: "ops" }} />);
  expect(await screen.findByText(/AWS isn’t called at all/)).toBeInTheDocument();
  expect(screen.getByText(/KEYWARD_AWS_PROFILE is ops/)).toBeInTheDocument();
});
