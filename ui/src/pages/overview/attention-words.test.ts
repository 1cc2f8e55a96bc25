import { describe, expect, it } from "vitest";
import { attentionWords } from "./attention-words";

const item = (kind: string, more: object = {}) => ({
  kind,
  urgency: "warning",
  tenant: "acme",
  root_key: "rk:acme/1",
  subject: null,
  code: null,
  since: null,
  until: null,
  count: null,
  total: null,
  ...more,
});

describe("what needs a person", () => {
  it("counts what it is about", () => {
    const words = attentionWords(item("rewrap-unfinished", { count: 1200, total: 5000 }));
    expect(words.what).toBe("1\u202f200 data keys of 5\u202f000 are still under an old version");
    expect(attentionWords(item("keys-quarantined", { count: 1 })).what).toContain("1 data key");
  });

  it("goes to the tenant's own page", () => {
    expect(attentionWords(item("tenant-denied", { code: "key-disabled" })).to).toBe(
      "/revocation/acme",
    );
    expect(attentionWords(item("challenge-open")).to).toBe("/onboarding/acme");
  });

  it("shows a kind that it doesn't know by its own word", () => {
    expect(attentionWords(item("something-new")).why).toBe("something-new");
  });
});
