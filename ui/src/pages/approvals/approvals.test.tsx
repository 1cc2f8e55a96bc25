import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import Approvals from ".";

it("says of a link to a request that there are none, and lists nothing", async () => {
  mockEngine({ workspace_show: () => ({ role: "administrator" }) });
  show(<Approvals />, { at: "/approvals/01J0", route: "/approvals/:request" });
  expect(await screen.findByRole("heading", { level: 1 })).toHaveTextContent("01J0");
  expect(screen.getByRole("note")).toHaveTextContent("Requests don’t exist in this version");
});
