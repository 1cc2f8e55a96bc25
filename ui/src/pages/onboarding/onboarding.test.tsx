import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { RecognisedView, RootKeyItem, TenantRow } from "@/ipc";
import { fail, mockEngine } from "@/testing/mock-engine";
import { show } from "@/testing/show";
import { tenantDetail, tenantRow } from "../rotation/testing";
import { answerSteps } from "./answer-run";
import { OnboardingTenant } from "./OnboardingTenant";
import { isUnderWay, nextOf, standingOf } from "./stage";

const unproven: RootKeyItem = {
  id: "rk:acme/1",
  number: 1,
  provider: "local",
  custody: "provider",
  state: "pre-activation",
  version: 1,
  registered_at: "2026-11-24T09:00:00Z",
  activated_at: null,
  references: [{ region: "local", reference: "local:acme-root" }],
  proven: false,
};
const challenge = (over: Partial<NonNullable<TenantRow["challenge"]>> = {}) => ({
  id: "ch-1",
  root_key: "rk:acme/1",
  kind: "decrypt",
  state: "open",
  created_at: "2026-11-24T09:00:00Z",
  expires_at: "2999-01-01T00:00:00Z",
  answered_at: null,
  ...over,
});
const pending = tenantRow({ state: "pending", root_key: null, challenge: null });
const detail = (keys: RootKeyItem[], state = "pending") =>
  tenantDetail({ tenant: { ...pending, state }, root_keys: keys });

describe("where an onboarding stands", () => {
  it("is told from what is registered, proven and challenged", () => {
    expect(standingOf(detail([]), null, false).stage).toBe("key");
    expect(standingOf(detail([unproven]), challenge(), false)).toMatchObject({
      stage: "challenge",
      challenge: { id: "ch-1" },
    });
    const proven = { ...unproven, proven: true, state: "active" };
    expect(standingOf(detail([proven], "active"), null, false).stage).toBe("done");
    expect(standingOf(detail([proven], "active"), null, true).stage).toBe("key");
  });

  it("takes no other key’s challenge for its own", () => {
    const other = challenge({ root_key: "rk:acme/7" });
    expect(standingOf(detail([unproven]), other, false).challenge).toBeNull();
  });

  it("says what is to be done next", () => {
    const keyed = tenantRow({ state: "pending" });
    const of = (state: string) => nextOf({ ...keyed, challenge: challenge({ state }) });
    expect([nextOf(pending), nextOf(keyed), of("open"), of("expired")]).toEqual([
      "give its root key’s reference",
      "start a challenge",
      "answer the challenge",
      "start another challenge",
    ]);
    expect(isUnderWay(tenantRow())).toBe(false);
    expect(isUnderWay(tenantRow({ challenge: challenge() }))).toBe(true);
  });
});

describe("the steps of an answer", () => {
  const states = (...args: Parameters<typeof answerSteps>) =>
    answerSteps(...args).map(({ state }) => state);

  it("marks the one that failed, and none after it", () => {
    const failure = { code: "probe-failed", message: "it unwraps", next_step: null, details: {} };
    const passed = ["answered", "described", "own-context"] as const;
    expect(states("acme", { passed, over: true, failure })).toEqual([
      "done",
      "done",
      "done",
      "failed",
      "waiting",
    ]);
  });

  it("takes a later key as proven without being put to use", () => {
    const passed = ["answered", "described", "own-context", "foreign-context", "proven"] as const;
    const steps = answerSteps("acme", { passed, over: true, failure: null });
    expect(steps.at(-1)).toMatchObject({ state: "done", title: "Proven: waits to be rotated to" });
  });
});

const nothing: RecognisedView = {
  provider: null,
  parts: [],
  reference: null,
  custody: null,
  region: null,
  part: "reference",
  expected: "a key’s reference",
  found: null,
  example: "local:acme-root",
};

function engine(keys: RootKeyItem[], row: TenantRow = pending) {
  return mockEngine({
    workspace_show: () => ({ role: "administrator" }),
    tenants_list: () => [row],
    tenant_show: () => detail(keys),
    keystore_list: () => [],
    reference_recognise: ({ text }) =>
      text === "local:acme-root"
        ? { ...nothing, provider: "local", reference: text, custody: "provider", part: null }
        : nothing,
    key_policy: () => ({
      provider: "local",
      principal: null,
      needs_principal: false,
      form: "commands",
      text: "keyward keystore allow acme-root acme --use wrap --use unwrap",
      parts: [],
    }),
  });
}
const open = () =>
  show(<OnboardingTenant tenant="acme" />, {
    at: "/onboarding/acme",
    route: "/onboarding/:tenant",
  });

describe("the reference", () => {
  it("is explained as it is typed, and has its policy once it is whole", async () => {
    engine([]);
    open();
    const field = await screen.findByRole("textbox", { name: "Root key reference" });
    await userEvent.type(field, "loc");
    expect(await screen.findByText(/a key’s reference/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Register the root key" })).toBeDisabled();
    await userEvent.type(field, "al:acme-root");
    expect(await screen.findByText(/keyward keystore allow/)).toBeInTheDocument();
    const register = screen.getByRole("button", { name: "Register the root key" });
    await waitFor(() => expect(register).toBeEnabled());
    expect(await screen.findByRole("button", { name: "Make it for acme" })).toBeInTheDocument();
  });

  it("is still there when the page is left and taken up again", async () => {
    engine([]);
    const { client, unmount } = open();
    await userEvent.type(
      await screen.findByRole("textbox", { name: "Root key reference" }),
      "local:ac",
    );
    unmount();
    show(<OnboardingTenant tenant="acme" />, { client });
    expect(await screen.findByRole("textbox", { name: "Root key reference" })).toHaveValue(
      "local:ac",
    );
  });
});

describe("a challenge", () => {
  it("is answered step by step, and says why it failed", async () => {
    const mock = engine([unproven], { ...pending, challenge: challenge() });
    mock.answer({
      challenge_answer: (args) => {
        expect(args.answer).toEqual({ kind: "decrypted", nonce: "AAAA" });
        (args.steps as { onmessage: (step: string) => void }).onmessage("answered");
        return fail("probe-failed", "the key’s probe failed", "mend its policy");
      },
    });
    open();
    await userEvent.type(await screen.findByLabelText(/printed/), "AAAA");
    await userEvent.click(screen.getByRole("button", { name: "Check it" }));
    await waitFor(() => expect(screen.getByRole("alert")).toHaveTextContent("Mend its policy."));
    expect(screen.getByRole("img", { name: "failed" })).toBeInTheDocument();
  });

  it("that ran out can be started anew", async () => {
    engine([unproven], { ...pending, challenge: challenge({ state: "expired" }) });
    open();
    expect(await screen.findByText("The last challenge ran out")).toBeInTheDocument();
    const again = screen.getByRole("button", { name: "Start another challenge" });
    await waitFor(() => expect(again).toBeEnabled());
  });
});
