import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { WorkspaceStanding } from "@/ipc";
import { failed, mockEngine, type MockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Locked from ".";

const standing: WorkspaceStanding = {
  standing: "locked",
  folder: "/home/ada/work",
  passphrase: true,
  keyring: null,
  keyring_failure: null,
  failure: null,
  lock_after_minutes: 15,
  version: "0.1.0",
};
const rolledBack = failed("log-rolled-back", "the database is older", null, {
  place: "the OS keyring",
  kept: "1284907",
  kept_at: "2026-11-24T08:41:00Z",
  here: "1279402",
});

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine();
});

const refuse = (failure: ReturnType<typeof failed>) =>
  engine.answer({
    workspace_unlock: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw failure;
    },
  });

async function unlock(passphrase: string) {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Passphrase"), passphrase);
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  return user;
}

describe("unlocking", () => {
  it("sends the passphrase and keeps it nowhere", async () => {
    engine.answer({ workspace_unlock: () => null });
    const { client } = show(<Locked standing={standing} />);
    await unlock("a long passphrase");
    const unlocking = engine.called.find((one) => one.command === "workspace_unlock");
    expect(unlocking?.args).toMatchObject({ passphrase: "a long passphrase" });
    expect(screen.getByLabelText("Passphrase")).toHaveValue("");
    expect(
      JSON.stringify(
        client
          .getQueryCache()
          .getAll()
          .map((one) => one.state),
      ),
    ).not.toContain("a long");
  });

  it("says at the field that it was the wrong one", async () => {
    refuse(failed("wrong-passphrase", "the passphrase does not open the secrets"));
    show(<Locked standing={standing} />);
    await unlock("wrong");
    expect(await screen.findByText("That isn’t the passphrase")).toBeInTheDocument();
    expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  });

  it("has its own words for a keyring that doesn't answer", async () => {
    refuse(failed("keyring-unavailable", "no secret service"));
    show(<Locked standing={{ ...standing, passphrase: false }} />);
    await userEvent.click(screen.getByRole("button", { name: /keyring/ }));
    expect(await screen.findByText("The system’s keyring doesn’t answer")).toBeInTheDocument();
  });
});

it.each([
  ["workspace-newer", "A newer Keyward made this workspace"],
  ["state-corrupt", "The workspace is damaged"],
  ["no-permission", "The folder can’t be written"],
  ["disk-full", "The disk is full"],
])("has its own words for %s", (code, title) => {
  show(<Locked standing={{ ...standing, standing: "refused", failure: failed(code, "why") }} />);
  expect(screen.getByRole("heading", { name: title })).toBeInTheDocument();
  expect(screen.getByText(code)).toBeInTheDocument();
});

describe("a log that contradicts its anchor", () => {
  it("shows what differs, and opens nothing without a reason", async () => {
    refuse(rolledBack);
    show(<Locked standing={standing} />);
    const user = await unlock("right one");
    expect(await screen.findByText(/5\s505 are missing/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Accept the loss…" }));
    const accept = screen.getByRole("button", { name: "Accept the loss and open" });
    expect(accept).toBeDisabled();
    await user.type(screen.getByLabelText(/Why the right one/), "the newer disk burnt down");
    expect(accept).toBeDisabled();
    await user.type(screen.getByLabelText("Passphrase"), "right one");
    engine.answer({ workspace_unlock: () => null });
    await user.click(accept);
    expect(engine.called.findLast((one) => one.command === "workspace_unlock")?.args).toMatchObject(
      { acceptRollback: "the newer disk burnt down", passphrase: "right one" },
    );
  });

  it("keeps it in view where accepting is refused", async () => {
    refuse(rolledBack);
    show(<Locked standing={standing} />);
    const user = await unlock("right one");
    await user.click(await screen.findByRole("button", { name: "Accept the loss…" }));
    await user.type(screen.getByLabelText(/Why the right one/), "the newer disk burnt down");
    await user.type(screen.getByLabelText("Passphrase"), "wrong");
    refuse(failed("wrong-passphrase", "the passphrase does not open the secrets"));
    await user.click(screen.getByRole("button", { name: "Accept the loss and open" }));
    expect(await screen.findByText("wrong-passphrase")).toBeInTheDocument();
    expect(screen.getByRole("heading", { name: /older than its anchor/ })).toBeInTheDocument();
  });
});
