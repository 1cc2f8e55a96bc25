import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "@/testing/show";
import { ErrorNotice } from "./ErrorNotice";

const failure = {
  code: "kms-denied",
  message: "key `rk:acme/1` denied the call",
  next_step: "ask the tenant to allow it",
  details: { request: "01J" },
};

it("says what happened, what to do and copies all of it", async () => {
  const user = userEvent.setup();
  const retry = vi.fn();
  show(<ErrorNotice failure={failure} retry={retry} />);
  expect(screen.getByRole("alert")).toHaveTextContent("Key `rk:acme/1` denied the call.");
  expect(screen.getByText("Ask the tenant to allow it.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "copy the error" }));
  expect(await navigator.clipboard.readText()).toBe(
    "kms-denied\nkey `rk:acme/1` denied the call\nask the tenant to allow it\nrequest: 01J",
  );
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(retry).toHaveBeenCalledOnce();
});
