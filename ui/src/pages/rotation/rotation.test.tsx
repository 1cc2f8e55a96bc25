import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fail, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import { ageOf, dueIn, overdueWith } from "./age";
import Rotation from "./index";
import { job, report, tenantDetail, tenantRow } from "./testing";

const NOW = Date.parse("2026-11-24T12:00:00Z");

describe("the age of a root key version", () => {
  it("is told in whole days beside its period", () => {
    expect(ageOf(tenantRow(), NOW)).toMatchObject({ days: 90, period: 90, left: -1 });
    expect(ageOf(tenantRow({ rotated_at: null }), NOW)).toBeNull();
  });

  it("says how much is left, or past", () => {
    const age = { days: 1, period: 2, share: 0.5 };
    expect([-3, 0, 4].map((left) => dueIn({ ...age, left }))).toEqual([
      "3 d past",
      "today",
      "in 4 d",
    ]);
  });

  it("tells whom a shorter period would make overdue", () => {
    const rows = [tenantRow(), tenantRow({ id: "b", rotated_at: "2026-11-20T00:00:00Z" })];
    expect(overdueWith(rows, 30, NOW).map(({ id }) => id)).toEqual(["acme"]);
    expect(overdueWith(rows, 365, NOW)).toEqual([]);
  });
});

const engine = (jobs: unknown[] = []) =>
  mockEngine({
    workspace_show: () => ({ role: "administrator" }),
    tenants_list: () => [tenantRow()],
    tenant_show: () => tenantDetail(),
    rewrap_jobs: () => jobs,
    rotation_period: () => ({ days: 90, own: false, default_days: 90 }),
  });

describe("a tenant’s rotation", () => {
  it("says what happens before it rotates", async () => {
    const mock = engine();
    mock.answer({
      root_key_rotate: (args) => {
        expect(args).toMatchObject({ tenant: "acme", toKey: null });
        return { root_key: "rk:acme/1", version: 3, deactivated: null, to_rewrap: 40 };
      },
    });
    show(<Rotation />, { at: "/?tenant=acme" });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Rotate now…" }));
    expect(mock.called.map(({ command }) => command)).not.toContain("root_key_rotate");
    expect(screen.getByText(/makes a version after 2 of rk:acme\/1/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Rotate Acme’s root key" }));
    expect(await screen.findByText("rk:acme/1 wraps with version 3")).toBeInTheDocument();
  });

  it("starts no rewrap before its forecast was seen", async () => {
    engine().answer({ rewrap_forecast: () => report({ kms_calls: 12 }) });
    show(<Rotation />, { at: "/?tenant=acme" });
    const user = userEvent.setup();
    const start = await screen.findByRole("button", { name: "Start the rewrap" });
    expect(start).toBeDisabled();
    await user.click(screen.getByRole("button", { name: "Forecast" }));
    expect(await screen.findByText("KMS calls")).toBeInTheDocument();
    expect(start).toBeEnabled();
  });
});

describe("a rewrap", () => {
  it("is paused, and says what ends the pause", async () => {
    const mock = engine([job()]);
    mock.answer({
      rewrap_pause: () => {
        mock.answer({ rewrap_jobs: () => [job({ stopping: "paused" })] });
        return job({ stopping: "paused" });
      },
    });
    show(<Rotation />, { at: "/?view=rewraps" });
    await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
    expect(await screen.findByText(/pausing once the batch/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Go on" })).toBeInTheDocument();
  });

  it("ends with the proof that nothing remains", async () => {
    engine([job({ state: "done", ended_at: "2026-11-24T09:01:00Z", report: report() })]);
    show(<Rotation />, { at: "/?view=rewraps" });
    expect(await screen.findByText("Nothing remains under another key or version")).toBeVisible();
  });

  it("names what it couldn’t move with its reason, and what remains", async () => {
    const quarantine = [
      {
        key: "dk:acme/documents/2",
        code: "wrong-context",
        reason: "another tenant’s context",
        at: "2026-11-24T09:00:00Z",
        attempts: 2,
      },
    ];
    const remaining = [{ root_key: 1, version: 1, keys: 1 }];
    engine([job({ state: "done", report: report({ quarantine, remaining }) })]);
    show(<Rotation />, { at: "/?view=rewraps" });
    const list = await screen.findByRole("list", { name: "Quarantined data keys" });
    expect(within(list).getByText("another tenant’s context")).toBeInTheDocument();
    expect(screen.getByText(/1 data keys under root key 1, version 1/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Retry quarantined" })).toBeInTheDocument();
  });

  it("shows why it can’t be controlled", async () => {
    engine([job()]).answer({ rewrap_cancel: () => fail("not-finished", "the job has ended") });
    show(<Rotation />, { at: "/?view=rewraps" });
    await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("not-finished");
  });
});
