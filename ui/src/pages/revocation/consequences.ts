/** What the engine counted, in sentences. */
import { grouped, providerName } from "@/design";
import type { BlastRadiusView } from "@/ipc";

export const counted = (number: number, one: string, many = `${one}s`): string =>
  `${grouped(number)} ${number === 1 ? one : many}`;

/** Where a root key lives, as part of a sentence. */
export const placeOf = (key: { readonly provider: string } | undefined): string => {
  if (key === undefined) return "its provider";
  return key.provider === "local" ? "the local key store" : providerName(key.provider);
};

/** What is refused from the first moment on. */
export function stops(radius: BlastRadiusView): string[] {
  const lines = [
    `every read and write of ${counted(radius.objects, "object")} in ${counted(radius.datasets.length, "dataset")}`,
    `${counted(radius.cached_data_keys, "unwrapped data key")} wiped from memory`,
  ];
  const [first] = radius.log_days;
  const last = radius.log_days.at(-1);
  if (first !== undefined && last !== undefined) {
    const days = first === last ? first : `${first} to ${last}`;
    lines.push(
      `fetching ${counted(radius.log_days.length, "archived day")} of the log (${days}), encrypted under its keys`,
    );
  }
  return lines;
}

/** What stays readable, and to whom. */
export function goesOn(radius: BlastRadiusView, name: string): string[] {
  const lines = [
    "every other tenant",
    `${name}’s own exit: the sidecars with its root key, unless that is disabled too`,
  ];
  if (radius.data_keys_under_others > 0) {
    lines.push(
      `${counted(radius.data_keys_under_others, "data key")} under older root keys, for whoever owns those`,
    );
  }
  if (radius.stale_sidecars.length > 0) {
    lines.push(
      `not in that exit: what changed in ${radius.stale_sidecars.join(", ")} since its sidecar was written`,
    );
  }
  return lines;
}

/** What it takes to undo it. */
export function wayBack(radius: BlastRadiusView): string[] {
  const key = radius.root_keys.find((one) => one.is_disabled_with);
  return [
    key === undefined
      ? "restore it here, once it has a root key that answers"
      : `restore it here, once ${key.id} at ${placeOf(key)} passes its probe`,
    "no ciphertext and no key is deleted",
  ];
}

/** What disabling the root key where it lives means, and whether it can be chosen. */
export function atProvider(radius: BlastRadiusView): {
  readonly may: boolean;
  readonly says: string;
} {
  const key = radius.root_keys.find((one) => one.is_disabled_with);
  const place = placeOf(key);
  switch (radius.may_disable) {
    case "yes":
      return {
        may: true,
        says: `Nobody unwraps with it at ${place} then, the tenant neither. Watched until it refuses.`,
      };
    case "if-allowed":
      return {
        may: true,
        says: `Where the key’s owner lets Keyward: known once it is tried. The tenant is locked here in any case.`,
      };
    case "no":
      return {
        may: false,
        says: `${place} has no such operation: its owner takes Keyward’s rights away.`,
      };
    case null:
    default:
      return { may: false, says: "There is no root key at a provider that is set up here." };
  }
}
