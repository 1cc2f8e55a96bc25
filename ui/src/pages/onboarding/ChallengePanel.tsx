import { Button } from "@mantine/core";
import { useState } from "react";
import { ErrorNotice, Notice, OutcomeBadge, Panel, StepList } from "@/design";
import type { RootKeyItem } from "@/ipc";
import { Answer } from "./Answer";
import { answerSteps, useAnswerRun, useChallengeItem } from "./answer-run";
import type { Standing } from "./stage";
import { StartChallenge } from "./StartChallenge";
import { TimeLeft } from "./TimeLeft";
import { ToRun } from "./ToRun";
import classes from "./onboarding.module.css";

interface ChallengePanelProps {
  readonly tenant: string;
  readonly rootKey: RootKeyItem;
  readonly challenge: Standing["challenge"];
}

/** The challenge: what to run, the answer, and each step of checking it. */
export function ChallengePanel({ tenant, rootKey, challenge }: ChallengePanelProps) {
  const run = useAnswerRun(challenge?.id);
  const item = useChallengeItem(challenge?.id);
  const [instead, setInstead] = useState(false);
  const open = challenge?.state === "open";
  return (
    <Panel
      title="Challenge"
      note={challenge === null ? rootKey.id : `${challenge.kind}, about ${challenge.root_key}`}
      end={
        challenge !== null && (
          <>
            <OutcomeBadge outcome={run !== undefined && !run.over ? "running" : challenge.state} />
            {open && (
              <>
                <TimeLeft until={challenge.expires_at} /> left
              </>
            )}
          </>
        )
      }
    >
      <div className={classes.form}>
        {open && (
          <>
            {item === undefined ? (
              <Notice
                tone="attention"
                icon="info"
                title="Started elsewhere, or before this window"
                action={
                  <Button size="compact-xs" onClick={() => setInstead(!instead)}>
                    {instead ? "Don’t" : "Another one…"}
                  </Button>
                }
              >
                The engine keeps only what its answer must hash to. Whoever has its command can
                still answer it here; else wait until its time is over, or start another one.
              </Notice>
            ) : (
              <ToRun item={item} />
            )}
            <Answer
              tenant={tenant}
              id={challenge.id}
              kind={challenge.kind}
              item={item}
              running={run !== undefined && !run.over}
            />
          </>
        )}
        {(open || run !== undefined) && <StepList steps={answerSteps(tenant, run)} />}
        {run?.failure != null && <ErrorNotice failure={run.failure} />}
        {challenge?.state === "failed" && run === undefined && (
          <Notice tone="compromised" icon="compromised" title="The last challenge failed">
            Its answer was wrong, or a probe found that the key doesn’t do what a root key must; the
            log has which. Mend that, then start another one.
          </Notice>
        )}
        {challenge?.state === "expired" && run === undefined && (
          <Notice tone="attention" icon="clock" title="The last challenge ran out">
            It wasn’t answered within fifteen minutes. Nothing is lost: start another one.
          </Notice>
        )}
        {(!open || instead) && <StartChallenge rootKey={rootKey} again={challenge !== null} />}
      </div>
    </Panel>
  );
}
