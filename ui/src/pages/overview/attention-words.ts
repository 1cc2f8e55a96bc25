import type { IconName, Tone } from "@/design";
import { grouped } from "@/design";
import type { Data } from "@/ipc";

type Item = Data<"attentionList">[number];

/** How one thing that needs a person is told. */
export interface AttentionWords {
  readonly tone: Tone;
  readonly icon: IconName;
  /** The badge. */
  readonly why: string;
  /** What it is, then what it means. */
  readonly what: string;
  readonly meaning: string;
  /** Where it is dealt with, and what the button says. */
  readonly to: string;
  readonly action: string;
  readonly dashed?: boolean;
}

const counted = (count: number | null, one: string, many: string): string =>
  `${grouped(count ?? 0)} ${count === 1 ? one : many}`;

/** The sentence of each kind; a kind that isn't known here is shown by its own word. */
export function attentionWords(item: Item): AttentionWords {
  const tenant = item.tenant ?? "";
  const at = (path: string) =>
    tenant === "" ? `/${path}` : `/${path}/${encodeURIComponent(tenant)}`;
  const keys = counted(item.count, "data key", "data keys");
  const of = item.total === null ? "" : ` of ${grouped(item.total)}`;
  const code = item.code ?? "";
  const words = (
    tone: Tone,
    icon: IconName,
    why: string,
    what: string,
    meaning: string,
    to: string,
    action: string,
    dashed = false,
  ): AttentionWords => ({ tone, icon, why, what, meaning, to, action, dashed });
  switch (item.kind) {
    case "log-contradicted":
      return words(
        "compromised",
        "compromised",
        "log contradicted",
        "A checkpoint kept outside contradicts the log",
        `${item.subject ?? ""} says ${code}`,
        "/audit",
        "Inspect",
      );
    case "log-verification-failed":
      return words(
        "compromised",
        "compromised",
        "log broken",
        "The newest verification found something wrong",
        code,
        "/audit",
        "Inspect",
      );
    case "tenant-denied":
      return words(
        "denied",
        "denied",
        "denied",
        "Root key denied at its provider",
        `${code}; tenant suspended, its keys evicted`,
        at("revocation"),
        "Respond",
        true,
      );
    case "replica-open":
      return words(
        "compromised",
        "denied",
        "open door",
        "A locked root key still answers in another region",
        `its replica in ${item.subject ?? "another region"} is enabled; its owner can disable it`,
        at("revocation"),
        "Respond",
      );
    case "grant-running-out":
      return words(
        "attention",
        "denied",
        "grant window",
        "A root key is unreachable",
        `${keys} serve until the grant window ends`,
        at("revocation"),
        "Inspect",
      );
    case "keys-quarantined":
      return words(
        "attention",
        "quarantine",
        "quarantined",
        `${keys}${of} could not be moved`,
        "a rewrap set them aside, each with its reason",
        "/rotation",
        "Inspect",
      );
    case "challenge-failed":
      return words(
        "compromised",
        "close",
        "challenge failed",
        "The onboarding challenge was answered wrongly",
        "start another one",
        at("onboarding"),
        "Resume",
      );
    case "rotation-overdue":
      return words(
        "compromised",
        "rotation",
        "rotation overdue",
        "The root key’s version is older than its period",
        "rotate it, then rewrap",
        "/rotation",
        "Plan",
      );
    case "rewrap-unfinished":
      return words(
        "attention",
        "rotation",
        "half rewrapped",
        `${keys}${of} are still under an old version`,
        "they stay readable; rewrap moves them",
        "/rotation",
        "Plan",
      );
    case "intent-open":
      return words(
        "attention",
        "waiting",
        "unsettled",
        `How ${code} ended at its provider isn’t known`,
        "opening the workspace again asks the provider",
        "/audit",
        "Inspect",
      );
    case "challenge-expired":
      return words(
        "attention",
        "clock",
        "challenge expired",
        "The onboarding challenge ran out unanswered",
        "start another one",
        at("onboarding"),
        "Resume",
      );
    case "challenge-open":
      return words(
        "accent",
        "clock",
        "challenge open",
        "The onboarding challenge waits for its answer",
        "the tenant answers with its own key",
        at("onboarding"),
        "Continue",
      );
    case "anchor-missing":
      return words(
        "attention",
        "shield",
        "not anchored",
        "A place that keeps checkpoints can’t be reached, or keeps none",
        item.subject ?? "",
        "/settings",
        "Inspect",
      );
    case "anchor-behind":
      return words(
        "attention",
        "shield",
        "anchor behind",
        `${counted(item.count, "record is", "records are")} newer than what a place keeps`,
        item.subject ?? "",
        "/settings",
        "Inspect",
      );
    case "witness-behind":
      return words(
        "attention",
        "shield",
        "not cosigned",
        `A witness has yet to cosign ${counted(item.count, "record", "records")}`,
        item.subject ?? "",
        "/settings",
        "Inspect",
      );
    case "log-never-verified":
      return words(
        "attention",
        "shield",
        "not verified",
        "The log was never verified",
        "verifying reads every record and its hashes",
        "/audit",
        "Verify",
      );
    case "log-verification-old":
      return words(
        "attention",
        "shield",
        "not verified",
        "The log was last verified more than a week ago",
        `${counted(item.count, "record has", "records have")} come since`,
        "/audit",
        "Verify",
      );
    case "rotation-due":
      return words(
        "attention",
        "clock",
        "rotation due",
        "The root key’s rotation is due before long",
        "",
        "/rotation",
        "Plan",
      );
    case "tenant-suspended":
      return words(
        "suspended",
        "suspended",
        "suspended",
        "The tenant was suspended by hand",
        "nothing of it is read or written until it is restored",
        at("tenants"),
        "Inspect",
      );
    case "tenant-revoked":
      return words(
        "denied",
        "revocation",
        "revoked",
        "The tenant’s keys are revoked",
        "nothing of it is read or written until it is restored",
        at("revocation"),
        "Inspect",
      );
    case "sidecars-stale":
      return words(
        "attention",
        "file",
        "sidecars lag",
        `${counted(item.count, "sidecar", "sidecars")}${of} lag behind the database`,
        "the next write or rewrap makes them anew",
        at("tenants"),
        "Inspect",
      );
    default:
      return words("neutral", "info", item.kind, item.kind, code, "/audit", "Inspect");
  }
}
