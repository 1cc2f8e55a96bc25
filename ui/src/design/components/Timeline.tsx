import { useElementSize } from "@mantine/hooks";
import type { ReactNode } from "react";
import type { Tone } from "../tones";
import { laneOf, type Lane, seconds, ticks } from "./timeline-layout";
import classes from "./Timeline.module.css";

export type { TimelineMark, TimelineRun } from "./timeline-layout";
import type { TimelineRun } from "./timeline-layout";

interface TimelineProps {
  readonly label: string;
  readonly runs: readonly TimelineRun[];
  /** The end of the scale in seconds, shared by all runs. */
  readonly end: number;
  /** What was promised, in seconds: a dashed line through all runs. */
  readonly objective?: number | undefined;
  /** The head of the last column. */
  readonly resultHead?: ReactNode;
}

/** Measured runs over one scale. What hasn't happened is dashed; a run under way has a mark at now. */
export function Timeline({ label, runs, end, objective, resultHead }: TimelineProps) {
  const { ref, width } = useElementSize();
  const at = (moment: number) => `${String((100 * Math.min(moment, end)) / end)}%`;
  return (
    <div className={classes.timeline} role="table" aria-label={label}>
      <div className={classes.row} role="row">
        <div role="columnheader">
          <span className="visually-hidden">Run</span>
        </div>
        <div ref={ref} className={classes.scale} role="columnheader" aria-label="Seconds">
          {ticks(end).map((tick) => (
            <span key={tick} style={{ left: at(tick) }}>
              {tick === 0 ? "0 s" : tick}
            </span>
          ))}
        </div>
        <div role="columnheader" className={classes.result}>
          {resultHead ?? <span className="visually-hidden">Result</span>}
        </div>
      </div>
      {runs.map((run) => (
        <div
          key={run.id}
          className={classes.row}
          role="row"
          data-now={run.now !== undefined || undefined}
        >
          <div role="rowheader" className={classes.name}>
            <div className="clip">{run.title}</div>
            {run.note !== undefined && <div className={classes.note}>{run.note}</div>}
          </div>
          <div role="cell" className={classes.track}>
            {ticks(end).map((tick) => (
              <i key={tick} className={classes.grid} style={{ left: at(tick) }} />
            ))}
            <Bars lane={laneOf(run, end, width)} at={at} end={end} />
            {objective !== undefined && (
              <i
                className={classes.objective}
                style={{ left: at(objective) }}
                title={`objective ${String(objective)} s`}
              />
            )}
          </div>
          <div role="cell" className={classes.result}>
            {run.result}
          </div>
        </div>
      ))}
    </div>
  );
}

interface BarsProps {
  readonly lane: Lane;
  readonly at: (moment: number) => string;
  readonly end: number;
}

function Bars({ lane, at, end }: BarsProps) {
  return (
    <>
      {lane.bars.map((bar, index) => (
        <i
          // Two may begin at the same moment.
          key={index}
          className={classes.bar}
          data-tone={bar.tone satisfies Tone}
          data-pending={bar.pending || undefined}
          style={{ left: at(bar.from), width: `calc(${at(bar.to)} - ${at(bar.from)})` }}
        />
      ))}
      {lane.marks.map((mark) => (
        <span
          key={mark.name}
          className={classes.mark}
          data-tone={mark.tone}
          data-pending={mark.pending || undefined}
          data-side={mark.side}
          data-line={mark.line}
          style={{ left: at(mark.at) }}
        >
          <b>
            {mark.name} {seconds(mark.at, end)}
          </b>
        </span>
      ))}
    </>
  );
}
