import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { BlastRadiusView, TimelineView } from "@/ipc";
import { fail, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import { RevocationTenant } from "./RevocationTenant";
import { line, radius } from "./testing";

const engine = (found: Partial<BlastRadiusView> = {}, lines: TimelineView[] = []) =>
  mockEngine({
    workspace_show: () => ({ role: "administrator" }),
    access_matrix: () =>
      ["tenant.revoke", "tenant.suspend"].map((action) => ({
        action,
        administrator: "all",
        security_officer: "none",
        tenant_approver: action === "tenant.revoke" ? "own-tenant" : "none",
      })),
    tenants_list: () => [],
    blast_radius: () => radius(found),
    revocations_list: () => lines,
  });

const open = () => show(<RevocationTenant tenant="initech" />);
const type = async (reason: string, name: string) => {
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("Reason, goes into the log"), reason);
  await user.type(screen.getByLabelText(/to confirm/), name);
  return user;
};

describe("revoking", () => {
  it("takes a reason and the tenant’s id, typed", async () => {
    engine();
    open();
    await type("stolen laptop", "initec");
    const button = screen.getByRole("button", { name: "Revoke initech" });
    expect(button).toBeDisabled();
    await userEvent.type(screen.getByLabelText(/to confirm/), "h");
    expect(button).toBeEnabled();
  });

  it("asks the engine, and shows each step as it is told", async () => {
    const mock = engine();
    mock.answer({
      tenant_revoke: (args) => {
        expect(args).toMatchObject({ tenant: "initech", typed: "initech", atProvider: true });
        const steps = args.steps as { onmessage: (step: unknown) => void };
        steps.onmessage({ step: "recorded", at: "2026-11-24T09:00:00.021Z" });
        steps.onmessage({ step: "evicted", keys: 2 });
        return new Promise(() => undefined);
      },
    });
    open();
    await userEvent.click(await screen.findByLabelText(/disable the root key/));
    const user = await type("stolen laptop", "initech");
    await user.click(screen.getByRole("button", { name: "Revoke initech" }));
    expect(await screen.findByText("2 unwrapped data keys wiped")).toBeInTheDocument();
    expect(screen.getByText("Disable the root key at the local key store")).toBeInTheDocument();
    expect(screen.getByText("under way, as told to this window")).toBeInTheDocument();
  });

  it("says that it is locked all the same where the provider fails", async () => {
    const mock = engine();
    mock.answer({
      tenant_revoke: (args) => {
        const steps = args.steps as { onmessage: (step: unknown) => void };
        steps.onmessage({ step: "recorded", at: "2026-11-24T09:00:00.021Z" });
        return fail("key-denied", "the provider refused to disable the key");
      },
    });
    open();
    const user = await type("stolen laptop", "initech");
    await user.click(screen.getByRole("button", { name: "Revoke initech" }));
    expect(await screen.findByText("It is locked here all the same")).toBeInTheDocument();
    expect(screen.getByRole("alert")).toHaveTextContent("key-denied");
  });

  it("offers nothing to disable where the provider has no such operation", async () => {
    engine({ may_disable: "no" });
    open();
    expect(await screen.findByLabelText(/disable the root key/)).toBeDisabled();
  });
});

describe("a locked tenant", () => {
  it("is restored once its root key answers", async () => {
    const mock = engine({ state: "revoked" }, [line({})]);
    mock.answer({
      tenant_restore: ({ atProvider }) => {
        expect(atProvider).toBe(true);
        mock.answer({ blast_radius: () => radius({ state: "active" }) });
        return null;
      },
    });
    const { client } = open();
    await userEvent.click(await screen.findByRole("button", { name: "Restore initech" }));
    await waitFor(() =>
      expect(mock.called.some((one) => one.command === "tenant_restore")).toBe(true),
    );
    await client.invalidateQueries();
    expect(await screen.findByText("initech is restored")).toBeInTheDocument();
  });

  it("stays locked and says why where the key doesn’t answer", async () => {
    engine({ state: "suspended" }).answer({
      tenant_restore: () => fail("key-denied", "the key is denied", "ask its owner"),
    });
    open();
    await userEvent.click(await screen.findByRole("button", { name: "Restore initech" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText("key-denied")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Restore initech" })).toBeEnabled();
  });
});
