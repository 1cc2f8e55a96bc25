import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { answers } from "@/testing/gallery/answers";
import { type MockEngine, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import { Shell } from "./Shell";

let engine: MockEngine;
beforeEach(() => {
  engine = mockEngine(answers);
});

it("names the workspace and counts what waits beside the pages", async () => {
  show(<Shell />, { at: "/overview" });
  expect(await screen.findByRole("link", { name: /^Tenants/ })).toHaveTextContent("2 000");
  expect(screen.getByText("Region eu-central-1")).toBeInTheDocument();
});

it("opens the palette with Ctrl-K, finds a tenant and closes with Escape", async () => {
  const user = userEvent.setup();
  show(<Shell />, { at: "/overview" });
  await screen.findByRole("link", { name: /^Tenants/ });
  await user.keyboard("{Control>}k{/Control}");
  const input = await screen.findByRole("combobox");
  await user.type(input, "tenant 1234");
  await waitFor(() => {
    expect(screen.getByRole("option", { selected: true })).toHaveTextContent("Tenant 1234");
  });
  await user.keyboard("{Escape}");
  await waitFor(() => {
    expect(screen.queryByRole("combobox")).toBeNull();
  });
});

it("asks again for tenants when the engine says that one changed", async () => {
  show(<Shell />, { at: "/overview" });
  await screen.findByRole("link", { name: /^Tenants/ });
  const asked = () => engine.called.filter((one) => one.command === "tenants_list").length;
  expect(asked()).toBe(1);
  await engine.emit("state-changed", { tenant: "tenant-0001" });
  await waitFor(() => {
    expect(asked()).toBe(2);
  });
});
