import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { show } from "@/testing/show";
import { KeyChip } from "./KeyChip";

const reference = "arn:aws:kms:eu-central-1:111122223333:key/mrk-1234567890abcdef1234567890abcdef";

it("shows what tells keys apart and copies the whole reference", async () => {
  const user = userEvent.setup();
  show(<KeyChip value={reference} provider="aws-kms" />);
  expect(screen.getByText("AWS")).toBeInTheDocument();
  expect(screen.getByText(/^111122223333/)).toHaveTextContent("…");
  await user.click(screen.getByRole("button", { name: `copy ${reference}` }));
  expect(await navigator.clipboard.readText()).toBe(reference);
});
