import { grouped } from "@/design";
import type { Found } from "./canvas";
import { drawn } from "./kinds";

const percent = (share: number): string => `${grouped(Math.round(100 * share))} % of its period`;

/** What is pointed at, in words. */
export function tell(found: Found | null): string {
  if (found === null) return "";
  if ("cell" in found) {
    return `${grouped(found.cell.spots.length)} well tenants, the oldest at ${percent(found.cell.share)}`;
  }
  const { row, kind, share } = found.spot;
  const word = drawn[kind].word;
  return `${row.display_name} · ${word}${share > 0 ? ` · ${percent(share)}` : ""}`;
}
