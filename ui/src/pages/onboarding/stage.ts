/** How far a tenant's onboarding is, as the engine has it. */
import type { RootKeyItem, TenantDetail, TenantRow } from "@/ipc";

export type Stage = "key" | "challenge" | "done";

export interface Standing {
  readonly stage: Stage;
  /** The registered key that is to be proven, or the one that is. */
  readonly key: RootKeyItem | null;
  /** Its challenge that somebody has yet to do something about. */
  readonly challenge: NonNullable<TenantRow["challenge"]> | null;
}

/** `another` where a further reference is to be registered although one is. */
export function standingOf(
  { tenant, root_keys }: Pick<TenantDetail, "tenant" | "root_keys">,
  challenge: TenantRow["challenge"],
  another: boolean,
): Standing {
  const unproven = root_keys.findLast((key) => key.state === "pre-activation" && !key.proven);
  if (another) return { stage: "key", key: null, challenge: null };
  if (unproven !== undefined) {
    const own = challenge?.root_key === unproven.id ? challenge : null;
    return { stage: "challenge", key: unproven, challenge: own };
  }
  const proven = root_keys.findLast((key) => key.proven);
  if (proven !== undefined && tenant.state !== "pending") {
    return { stage: "done", key: proven, challenge: null };
  }
  return { stage: "key", key: null, challenge: null };
}

/** Whether somebody has yet to do something to get a tenant's key proven. */
export const isUnderWay = (row: TenantRow): boolean =>
  row.state === "pending" || (row.state !== "offboarded" && row.challenge !== null);

/** What is to be done next, in a few words. */
export function nextOf(row: TenantRow): string {
  if (row.root_key === null) return "give its root key’s reference";
  switch (row.challenge?.state) {
    case "open":
      return "answer the challenge";
    case "failed":
      return "mend what failed, start another challenge";
    case "expired":
      return "start another challenge";
    case undefined:
    default:
      return "start a challenge";
  }
}
