import { useState } from "react";
import type { IconName, Tone } from "@/design";
import { type CommandError, failureOf, type WorkspaceStanding } from "@/ipc";
import { Alone } from "./Alone";
import { Contradiction } from "./Contradiction";
import { Refused } from "./Refused";
import { isContradiction } from "./situations";
import { Unlock } from "./Unlock";
import { useUnlock } from "./use-unlock";

const locked = { word: "Locked", icon: "lock", tone: "neutral" } as const;
const notOpened: { word: string; icon: IconName; tone: Tone } = {
  word: "Not opened",
  icon: "compromised",
  tone: "compromised",
};

/** Asks for the workspace's secret, or says why it can't be opened and what to do. */
export default function Locked({ standing }: { readonly standing: WorkspaceStanding }) {
  const unlocking = useUnlock();
  // Accepting a contradiction may fail in another way; what contradicts stays in view then.
  const [contradiction, setContradiction] = useState<CommandError | null>(null);
  const failure = unlocking.error === null ? null : failureOf(unlocking.error);
  if (failure !== null && isContradiction(failure.code) && contradiction?.code !== failure.code) {
    setContradiction(failure);
  }

  if (standing.standing === "refused" && standing.failure !== null) {
    return (
      <Alone folder={standing.folder} standing={notOpened}>
        <Refused failure={standing.failure} />
      </Alone>
    );
  }
  if (contradiction !== null) {
    return (
      <Alone folder={standing.folder} standing={notOpened}>
        <Contradiction
          standing={standing}
          unlocking={unlocking}
          failure={contradiction}
          refusal={failure !== null && !isContradiction(failure.code) ? failure : null}
          onLeave={() => {
            unlocking.reset();
            setContradiction(null);
          }}
        />
      </Alone>
    );
  }
  return (
    <Alone folder={standing.folder} standing={locked}>
      <Unlock standing={standing} unlocking={unlocking} failure={failure} />
    </Alone>
  );
}
