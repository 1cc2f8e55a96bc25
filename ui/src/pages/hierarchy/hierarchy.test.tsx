import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { failed, type MockEngine, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Hierarchy from "./index";
import { hierarchy, tenant } from "./testing";

const blast = {
  tenant: "acme",
  state: "active",
  datasets: [],
  objects: 0,
  bytes: 0,
  data_keys: 17,
  cached_data_keys: 1,
  root_keys: [],
  may_disable: "yes",
  data_keys_under_others: 5,
  stale_sidecars: ["mail"],
  log_days: [],
  last: [],
};

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine({
    tenants_list: () => [tenant("acme"), tenant("sirius", { state: "suspended" })],
    hierarchy_show: () => hierarchy(),
    blast_radius: () => blast,
    rewrap_jobs: () => [],
    workspace_show: () => ({ role: "administrator" }),
  });
});

const one = () => show(<Hierarchy />, { at: "/hierarchy/acme", route: "/hierarchy/:tenant" });

it("says what stops if a root key goes, and what doesn't", async () => {
  one();
  const panel = await screen.findByRole("complementary", { name: "Root key 1" });
  expect(panel).toHaveTextContent("Datasets2 of 3");
  expect(panel).toHaveTextContent("Still wrapped under version 2");
  expect(panel).toHaveTextContent("archive: no data key of theirs is under it");
  expect(panel).toHaveTextContent("None of this tenant was measured yet");
  await waitFor(() => expect(panel).toHaveTextContent("what changed in mail since"));
});

it("has every link of the graph as a row of a table", async () => {
  one();
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Table" }));
  const table = screen.getByRole("grid", { name: "Keys of Acme" });
  expect(table).toHaveAttribute("aria-rowcount", "5");
  await user.click(within(table).getByText("archive"));
});

it("offers changes to an administrator alone", async () => {
  engine.answer({ workspace_show: () => ({ role: "security-officer" }) });
  one();
  await screen.findByRole("complementary", { name: "Root key 1" });
  expect(screen.queryByRole("button", { name: "Revoke…" })).not.toBeInTheDocument();
});

it("shows a failure with its code", async () => {
  engine.answer({
    hierarchy_show: () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw failed("unknown-tenant", "there is no tenant `acme`");
    },
  });
  one();
  expect(await screen.findByRole("alert")).toHaveTextContent("unknown-tenant");
});

it("lists everyone beside the map, and narrows the list to one risk", async () => {
  const user = userEvent.setup();
  show(<Hierarchy />, { at: "/hierarchy", route: "/hierarchy" });
  const list = await screen.findByRole("grid", { name: "Tenants on the map" });
  await waitFor(() => expect(list).toHaveAttribute("aria-rowcount", "3"));
  await user.click(screen.getByRole("button", { name: /Suspended\s*1/ }));
  expect(screen.getByRole("grid", { name: "Tenants on the map" })).toHaveAttribute(
    "aria-rowcount",
    "2",
  );
});

it("says what to do first where there is nobody", async () => {
  engine.answer({ tenants_list: () => [] });
  show(<Hierarchy />, { at: "/hierarchy", route: "/hierarchy" });
  expect(await screen.findByText("Onboard the first tenant")).toBeInTheDocument();
});
