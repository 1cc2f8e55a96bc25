import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { WorkspaceStanding } from "@/ipc";
import { failed, mockEngine, type MockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import FirstRun from ".";
import { isStrong } from "./strength";

const standing: WorkspaceStanding = {
  standing: "none",
  folder: "/home/ada/work",
  passphrase: false,
  keyring: true,
  keyring_failure: null,
  failure: null,
  lock_after_minutes: 15,
  version: "0.1.0",
};
const noKeyring: WorkspaceStanding = {
  ...standing,
  keyring: false,
  keyring_failure: failed("keyring-unavailable", "no secret service is running"),
};

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine({ workspace_create: () => null });
});
const create = () => screen.getByRole("button", { name: "Create the workspace" });

describe("with a keyring", () => {
  it("makes a workspace whose secrets rest there", async () => {
    const user = userEvent.setup();
    show(<FirstRun standing={standing} />);
    expect(create()).toBeDisabled();
    await user.type(screen.getByLabelText("Region"), "eu-central-1");
    await user.click(create());
    expect(engine.called.find((one) => one.command === "workspace_create")?.args).toEqual({
      workspace: { region: "eu-central-1", objects: null, passphrase: null },
    });
  });
});

describe("without a keyring", () => {
  it("says why, and offers nothing weaker than a strong passphrase", async () => {
    const user = userEvent.setup();
    show(<FirstRun standing={noKeyring} />);
    expect(screen.getByText("No OS keyring answers")).toBeInTheDocument();
    expect(screen.getByText("keyring-unavailable")).toBeInTheDocument();
    expect(screen.getByRole("radio", { name: /OS keyring/ })).toBeDisabled();
    await user.type(screen.getByLabelText("Region"), "eu-central-1");
    await user.type(screen.getByLabelText("Passphrase"), "correct horse battery");
    expect(create()).toBeDisabled();
    await user.type(screen.getByLabelText("The same again"), "correct horse battery");
    await user.click(create());
    expect(engine.called.find((one) => one.command === "workspace_create")?.args).toMatchObject({
      workspace: { passphrase: "correct horse battery" },
    });
  });

  it("stops where a secret can't be kept, and says what", async () => {
    const user = userEvent.setup();
    engine.answer({
      workspace_create: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw failed("disk-full", "can't write `secrets.json`");
      },
    });
    show(<FirstRun standing={standing} />);
    await user.type(screen.getByLabelText("Region"), "eu-central-1");
    await user.click(create());
    expect(await screen.findByText("disk-full")).toBeInTheDocument();
    expect(screen.getByText(/nothing of it remains/)).toBeInTheDocument();
  });
});

it("takes a passphrase only by its rules", () => {
  expect(isStrong("short", "short")).toBe(false);
  expect(isStrong("aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaa")).toBe(false);
  expect(isStrong("correct horse", "correct hors")).toBe(false);
  expect(isStrong("correct horse", "correct horse")).toBe(true);
});
