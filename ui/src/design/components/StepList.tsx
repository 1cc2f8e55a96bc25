import type { ReactNode } from "react";
import type { Tone } from "../tones";
import { Icon, type IconName } from "./Icon";
import classes from "./StepList.module.css";

export interface Step {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed" | "attention";
  readonly title: ReactNode;
  readonly note?: ReactNode;
  /** At the right: how long it took, or what it waits for. */
  readonly end?: ReactNode;
}

const looks: Record<Step["state"], { tone: Tone; icon: IconName }> = {
  waiting: { tone: "neutral", icon: "waiting" },
  running: { tone: "accent", icon: "running" },
  done: { tone: "active", icon: "active" },
  failed: { tone: "compromised", icon: "close" },
  attention: { tone: "attention", icon: "clock" },
};

/** What is done one after the other, and how far it is. */
export function StepList({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol className={classes.steps}>
      {steps.map((step) => (
        <li key={step.id} data-state={step.state}>
          <span className={classes.mark} data-tone={looks[step.state].tone}>
            <Icon
              name={looks[step.state].icon}
              label={step.state}
              turning={step.state === "running"}
            />
          </span>
          <div className={classes.text}>
            <div>{step.title}</div>
            {step.note !== undefined && <div className={classes.note}>{step.note}</div>}
          </div>
          {step.end !== undefined && <div className={classes.note}>{step.end}</div>}
        </li>
      ))}
    </ol>
  );
}
