import { expect, it } from "vitest";
import { failed } from "@/testing/mock-engine";
import { logWords } from "./log-words";

const kept = { records: 9, anchors: [], witnesses: [] };
const verification = {
  seq: 7,
  at: "2026-11-24T09:41:00Z",
  actor: "user:ada",
  outcome: "ok",
  code: null,
  records: 7,
  from: 0,
};
const standing = {
  records: 9,
  newest_at: null,
  origin: "o",
  root: "r",
  verified: verification,
  passed: verification,
  kept,
};

it("never claims more than was found", () => {
  expect(logWords({ at: "never" }, undefined).words).toBe("Log not verified yet");
  expect(logWords({ at: "never" }, { ...standing, verified: null, passed: null }).words).toBe(
    "Log not verified yet",
  );
  expect(logWords({ at: "never" }, standing)).toMatchObject({
    words: "Log verified",
    time: verification.at,
  });
});

it("says that it failed, whoever verified it, and at which record", () => {
  const broken = { ...standing, verified: { ...verification, outcome: "failed" } };
  expect(logWords({ at: "never" }, broken).tone).toBe("compromised");
  const here = {
    at: "failed",
    time: verification.at,
    failure: failed("log-tampered", "it differs", null, { seq: "12" }),
  } as const;
  expect(logWords(here, standing).words).toBe("Log broken at record 12");
});

it("says how far verifying is", () => {
  const progress = { done: 1, total: 3 };
  expect(logWords({ at: "running", progress }, standing).words).toBe("Verifying the log 33 %");
});
