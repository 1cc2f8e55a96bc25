import { describe, expect, it } from "vitest";
import { distinctPart, shorten } from "./keys";

describe("shorten", () => {
  it("keeps both ends", () => {
    expect(shorten("0123456789abcdef", 9)).toBe("0123…cdef");
    expect(shorten("short", 9)).toBe("short");
  });

  it("doesn't cut a letter in two", () => {
    expect(shorten("🔑🔑🔑🔑🔑🔑", 3)).toBe("🔑…🔑");
  });
});

describe("distinctPart", () => {
  it("begins at what tells two keys of a provider apart", () => {
    expect(distinctPart("arn:aws:kms:eu-central-1:111122223333:key/mrk-5d0a")).toBe(
      "111122223333:mrk-5d0a",
    );
    expect(distinctPart("https://acme.vault.azure.net/keys/root/9c41")).toBe("acme/root/9c41");
    expect(distinctPart("pkcs11:token=acme;object=root")).toBe("token=acme;object=root");
    expect(distinctPart("projects/p/locations/europe/keyRings/ring/cryptoKeys/root")).toBe(
      "p/ring/root",
    );
  });
});
