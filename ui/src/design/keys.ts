/** How key references and other long ids are told apart at a glance. */

const tags: ReadonlyMap<string, string> = new Map([
  ["aws-kms", "AWS"],
  ["azure-key-vault", "AZ"],
  ["google-kms", "GCP"],
  ["pkcs11", "P11"],
  ["local", "LOCAL"],
]);

const names: ReadonlyMap<string, string> = new Map([
  ["aws-kms", "AWS KMS"],
  ["azure-key-vault", "Azure Key Vault"],
  ["google-kms", "Google Cloud KMS"],
  ["pkcs11", "PKCS#11"],
  ["local", "local key store"],
]);

/** The provider in a few letters. */
export const providerTag = (provider: string): string => tags.get(provider) ?? provider;

/** The provider as people call it. */
export const providerName = (provider: string): string => names.get(provider) ?? provider;

/** Drops what all keys of a provider share, so that the text begins at what tells two keys apart. */
export function distinctPart(reference: string): string {
  const arn = /^arn:[^:]+:kms:[^:]*:(\d+):(.+)$/.exec(reference);
  if (arn) return `${arn[1] ?? ""}:${(arn[2] ?? "").replace(/^key\//, "")}`;
  const google = /^projects\/([^/]+)\/.*\/keyRings\/([^/]+)\/cryptoKeys\/(.+)$/.exec(reference);
  if (google) return `${google[1] ?? ""}/${google[2] ?? ""}/${google[3] ?? ""}`;
  return reference
    .replace(/^https:\/\//, "")
    .replace(/\.vault\.azure\.net\/keys\//, "/")
    .replace(/^(pkcs11|local):/, "");
}

/** Shortens in the middle; both ends stay, because they tell two ids apart. */
export function shorten(text: string, longest: number): string {
  const letters = Array.from(text);
  if (letters.length <= longest) return text;
  const kept = Math.max(longest - 1, 2);
  const front = Math.ceil(kept / 2);
  return `${letters.slice(0, front).join("")}…${letters.slice(letters.length - (kept - front)).join("")}`;
}
