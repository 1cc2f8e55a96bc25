import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { outcomeShown, stateShown } from "../states";
import { StateBadge } from "./StateBadge";

describe("StateBadge", () => {
  it("says the state in a word, a colour and an icon", () => {
    const { container } = render(<StateBadge state="compromised" />);
    const badge = screen.getByText("compromised");
    expect(badge).toHaveAttribute("data-tone", "compromised");
    expect(container.querySelector("svg path")).not.toBeNull();
  });

  it("draws a provider's condition dashed", () => {
    render(<StateBadge state="denied" word="denied by the HSM" />);
    expect(screen.getByText("denied by the HSM")).toHaveAttribute("data-dashed", "true");
  });

  it("shows a word that it doesn't know as it is, in no state's colour", () => {
    expect(stateShown("half-open")).toMatchObject({ tone: "neutral", word: "half-open" });
  });

  it("never gives an outcome a state's word", () => {
    const words = ["active", "suspended", "compromised", "destroyed", "denied"];
    for (const outcome of ["ok", "denied", "failed", "intent"]) {
      expect(words).not.toContain(outcomeShown(outcome).word);
    }
  });
});
