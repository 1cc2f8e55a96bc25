import { Button } from "@mantine/core";
import { ErrorNotice, Notice, OutcomeBadge, Panel, StepList } from "@/design";
import { type Run, useRuns } from "./run";
import { stepsOf } from "./steps";
import classes from "./revocation.module.css";

interface RunPanelProps {
  readonly title: string;
  /** The run's name among the runs. */
  readonly run: Run;
  readonly name: string;
  /** Where the root key lives. */
  readonly place: string;
}

/** A revocation or drill under way, step by step, and how it ended. */
export function RunPanel({ title, run, name, place }: RunPanelProps) {
  const runs = useRuns();
  const locked = run.heard.some(({ step }) => step.step === "recorded");
  const outcome = !run.over ? "running" : run.failure === null ? "done" : "failed";
  return (
    <Panel title={title} end={<OutcomeBadge outcome={outcome} />}>
      <div className={classes.form} aria-live="polite">
        <StepList steps={stepsOf(run, place)} />
        {!run.over && <p className="muted small">It goes on if this page is left.</p>}
        {run.failure !== null && <ErrorNotice failure={run.failure} />}
        {run.failure !== null && locked && (
          <Notice tone="attention" icon="lock" title="It is locked here all the same">
            Keyward refuses every read and write. At {place} the key may still answer its owner.
          </Notice>
        )}
        {run.over && (
          <div>
            <Button onClick={() => runs.clear(name)}>Close</Button>
          </div>
        )}
      </div>
    </Panel>
  );
}
