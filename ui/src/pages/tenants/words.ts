import type { TenantRow } from "@/ipc";

/** Why a tenant isn't served, and what that means; `null` for one that is. */
export function notServed({
  state,
  state_code: code,
}: Pick<TenantRow, "state" | "state_code">): string | null {
  switch (state) {
    case "active":
      return null;
    case "pending":
      return "It can do nothing until it has proven that a root key is its own.";
    case "suspended":
      return code === "by-hand"
        ? "Suspended by hand: reads and writes are refused until somebody restores it."
        : `Reads and writes are refused until its root key answers again${code === null ? "" : `; the reason is ${code}`}.`;
    case "revoked":
      return "Reads and writes are refused, in every process, until it is restored.";
    case "offboarded":
      return "Keyward has forgotten its keys: nothing of it opens here again.";
    default:
      return code;
  }
}
