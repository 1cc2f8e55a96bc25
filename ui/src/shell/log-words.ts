import type { IconName, Tone } from "@/design";
import type { Data, Verification } from "@/ipc";

type LogStanding = Data<"logStanding">;

/** What the top bar says of the log. */
export interface LogWords {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly words: string;
  /** When it was found. */
  readonly time?: string;
  readonly turning?: boolean;
}

/** A verification of this window under way or failed goes first; else the newest that is on record. */
export function logWords(here: Verification, standing: LogStanding | undefined): LogWords {
  if (here.at === "running") {
    const { progress } = here;
    const share =
      progress === null || progress.total === 0
        ? ""
        : ` ${String(Math.floor((100 * progress.done) / progress.total))} %`;
    return { tone: "accent", icon: "running", words: `Verifying the log${share}`, turning: true };
  }
  if (here.at === "failed") {
    const seq = here.failure.details.seq;
    const words = seq === undefined ? "Log not verified" : `Log broken at record ${seq}`;
    return { tone: "compromised", icon: "compromised", words, time: here.time };
  }
  const newest = standing?.verified;
  if (newest != null && newest.outcome !== "ok") {
    const words = "Log failed verification";
    return { tone: "compromised", icon: "compromised", words, time: newest.at };
  }
  const verified = { tone: "active", icon: "shield", words: "Log verified" } as const;
  if (here.at === "verified") return { ...verified, time: here.time };
  if (newest != null) return { ...verified, time: newest.at };
  return { tone: "neutral", icon: "shield", words: "Log not verified yet" };
}
