import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { show } from "@/testing/show";
import { hint, TypedConfirmation } from "./TypedConfirmation";

it("does nothing until the name is typed by hand", async () => {
  const user = userEvent.setup();
  const onConfirm = vi.fn();
  show(
    <TypedConfirmation
      name="initech"
      action="Suspend Initech"
      icon="revocation"
      onConfirm={onConfirm}
    />,
  );
  const button = screen.getByRole("button", { name: "Suspend Initech" });
  const input = screen.getByRole("textbox");
  expect(button).toBeDisabled();
  await user.click(input);
  await user.paste("initech");
  expect(button).toBeDisabled();
  await user.keyboard("initec{Enter}");
  expect(onConfirm).not.toHaveBeenCalled();
  await user.keyboard("h");
  expect(button).toBeEnabled();
  await user.keyboard("{Enter}");
  expect(onConfirm).toHaveBeenCalledOnce();
});

it("says how far the typing is", () => {
  expect(hint("acme", "acm")).toBe("1 character to go; pasting is off");
  expect(hint("acme", "Ac")).toBe("that isn’t the name");
});
