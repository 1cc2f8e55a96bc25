import type { ReactNode } from "react";
import { duration, grouped, percent } from "../format";
import type { Tone } from "../tones";
import { Meter } from "./Meter";
import classes from "./ProgressBar.module.css";

interface ProgressBarProps {
  readonly title: ReactNode;
  readonly done: number;
  readonly total: number;
  /** What is counted: `data keys`. */
  readonly of?: string;
  /** So many a second. */
  readonly rate?: number | undefined;
  readonly remainingSeconds?: number | null | undefined;
  readonly quarantined?: number | undefined;
  readonly tone?: Tone;
  /** In the place of the share: why it pauses, or how it ended. */
  readonly state?: ReactNode;
  /** In the place of the time left: what ends a pause. */
  readonly note?: ReactNode;
}

/** Bar, count, rate, time left, quarantined: always in this order. */
export function ProgressBar(props: ProgressBarProps) {
  const {
    title,
    done,
    total,
    of,
    rate,
    remainingSeconds,
    quarantined = 0,
    tone = "accent",
  } = props;
  const facts = [
    `${grouped(done)} of ${grouped(total)}${of === undefined ? "" : ` ${of}`}`,
    rate !== undefined && rate > 0 ? `${rate.toFixed(1)}/s` : null,
    quarantined > 0 ? `${grouped(quarantined)} quarantined` : null,
  ];
  const left = remainingSeconds == null ? null : `${duration(remainingSeconds)} left`;
  return (
    <div className={classes.progress}>
      <div className={classes.title}>{title}</div>
      <div className={classes.share}>{props.state ?? percent(done, total)}</div>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label={typeof title === "string" ? title : "progress"}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={facts.filter((fact) => fact !== null).join(", ")}
      >
        <Meter
          decorative
          total={total}
          parts={[
            { value: done, tone, label: "done" },
            { value: quarantined, tone: "attention", label: "quarantined" },
          ]}
        />
      </div>
      <div className={classes.facts}>{facts.filter((fact) => fact !== null).join(" · ")}</div>
      <div className={classes.left}>{props.note ?? left}</div>
    </div>
  );
}
