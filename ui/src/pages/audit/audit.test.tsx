import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import { failed, mockEngine, type MockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Audit from ".";
import { record } from "./testing";

const TOTAL = 1_000_000;
let total = TOTAL;

interface Query {
  filter: { tenant: string | null; search: string | null };
  start: { from: string; seq?: number };
  limit: number;
}

/** As the engine would answer: the newest first, and of a filter only what it lets through. */
function query({ filter, start, limit }: Query) {
  const records = [];
  if (start.from === "after") {
    for (let seq = (start.seq ?? 0) + 1; seq < total; seq += 1) records.push(record(seq));
    return { records, next: null };
  }
  const end = start.from === "before" ? (start.seq ?? 0) : total;
  const step = filter.tenant === null ? 1 : 10;
  for (let seq = end - 1; seq >= 0 && records.length < limit; seq -= step)
    records.push(record(seq));
  return { records, next: records.at(-1)?.seq ?? null };
}

const workspace = () => ({ records: total, role: "security-officer", actor: "person:ada" });

let engine: MockEngine;
beforeEach(() => {
  total = TOTAL;
  engine = mockEngine({
    workspace_show: workspace,
    tenants_list: () => [],
    audit_days: () => [],
    audit_words: () => ({ actions: ["object.read"], outcomes: ["ok", "denied"] }),
    audit_counts: () => [{ start: "2026-11-24T08:00:00Z", term: "ok", records: 7 }],
    audit_query: (args) => query(args as unknown as Query),
    audit_show: ({ seq }) => ({
      seq,
      record: record(Number(seq)),
      canonical: '{"action":"object.read"}',
      leaf: "aa".repeat(32),
      path: [{ sibling: "bb".repeat(32), left: true, node: "cc".repeat(32) }],
      root: "cc".repeat(32),
      size: total,
      origin: "keyward.test/log",
      day: "2026-11-24",
      sealed: false,
      archived: false,
    }),
  });
});

const starts = () =>
  engine.called
    .filter((one) => one.command === "audit_query")
    .map((one) => (one.args as unknown as Query).start);

describe("the whole log", () => {
  it("begins with the newest record, and goes straight to the oldest", async () => {
    show(<Audit />, { at: "/audit", route: "/audit" });
    expect(await screen.findByText("999\u202f999", { normalizer: (text) => text })).toBeVisible();
    expect(starts()[0]).toEqual({ from: "before", seq: TOTAL });
    expect(starts().length).toBeLessThan(4);
  });

  it("opens the record that its address names, with its proof", async () => {
    show(<Audit />, { at: "/audit/871", route: "/audit/:seq" });
    expect(await screen.findByText("included")).toBeInTheDocument();
    expect(screen.getByText('{"action":"object.read"}')).toBeInTheDocument();
    expect(screen.getByRole("img", { name: /inclusion proof of record 871/ })).toBeInTheDocument();
  });
});

describe("a filter", () => {
  it("is typed, asked for and taken away", async () => {
    const user = userEvent.setup();
    show(<Audit />, { at: "/audit", route: "/audit" });
    const field = screen.getByLabelText("filter or text");
    await user.type(field, "tenant:acme{Enter}");
    await waitFor(() => expect(starts()).toContainEqual({ from: "newest" }));
    await user.click(screen.getByRole("button", { name: "remove tenant acme" }));
    expect(screen.queryByText("remove tenant acme")).not.toBeInTheDocument();
  });

  it("finds what a link from another page asks for", async () => {
    show(<Audit />, { at: "/audit?tenant=acme&outcome=denied", route: "/audit" });
    await waitFor(() => {
      const asked = engine.called.find((one) => one.command === "audit_query")?.args;
      expect(asked?.filter).toMatchObject({ tenant: "acme", outcome: "denied" });
    });
    expect(screen.getByRole("button", { name: "remove outcome denied" })).toBeInTheDocument();
  });
});

describe("verifying", () => {
  it("names the record that a failure is at, and leads to it", async () => {
    const user = userEvent.setup();
    engine.answer({
      audit_verify: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw failed("log-not-verified", "record 4711 is not what was written", null, {
          seq: "4711",
        });
      },
    });
    show(<Audit />, { at: "/audit", route: "/audit" });
    await user.click(await screen.findByRole("button", { name: "Verify now" }));
    const alert = await screen.findByRole("alert");
    expect(within(alert).getByText("log-not-verified")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: /Go to record/ })).toHaveAttribute(
      "href",
      "/audit/4711",
    );
  });
});

it("shows a tenant's approver neither days nor exports", async () => {
  engine.answer({ workspace_show: () => ({ ...workspace(), role: "tenant-approver:acme" }) });
  show(<Audit />, { at: "/audit", route: "/audit" });
  await waitFor(() => expect(starts()).toContainEqual({ from: "newest" }));
  expect(screen.queryByRole("button", { name: "Export" })).not.toBeInTheDocument();
  expect(engine.called.some((one) => one.command === "audit_days")).toBe(false);
});
