import type { ReactNode } from "react";
import { Link } from "react-router";
import { Badge, Panel, Timeline, type TimelineRun, TimeText } from "@/design";
import type { TimelineView } from "@/ipc";
import { course, marksHeard, marksOf, pending, scaleEnd } from "./lines";
import type { Run } from "./run";
import { useElapsed } from "./use-elapsed";
import classes from "./revocation.module.css";

interface MeasuredTimelineProps {
  /** The tenant's name, or the drill's. */
  readonly name: string;
  readonly run: Run | undefined;
  /** Newest first; drawn as the log's records have them. */
  readonly lines: readonly TimelineView[];
  /** Whether one that hasn't begun is shown, and with what. */
  readonly planned?: { readonly atProvider: boolean } | undefined;
  readonly end?: ReactNode;
}

/** This revocation and the last ones over one scale. */
export function MeasuredTimeline({ name, run, lines, planned, end }: MeasuredTimelineProps) {
  const running = run !== undefined && !run.over ? run : undefined;
  const now = useElapsed(running?.began);
  const runs: TimelineRun[] = lines.map(recorded);
  if (running !== undefined) {
    runs.unshift({
      id: "now",
      title: `This one, ${name}`,
      note: "under way, as told to this window",
      marks: marksHeard(running.heard, course(running.atProvider), lines),
      now,
      result: "under way",
    });
  } else if (planned !== undefined) {
    runs.unshift({
      id: "planned",
      title: `This one, ${name}`,
      note: "not begun",
      marks: pending(course(planned.atProvider).slice(1), lines),
      result: "–",
    });
  }
  return (
    <Panel
      title="Measured time line"
      note="seconds from the first moment, from the log’s records"
      end={end ?? <Legend />}
      flush
    >
      {runs.length === 0 ? (
        <p className={classes.none}>No revocation has been measured yet.</p>
      ) : (
        <Timeline
          label="Measured revocations"
          runs={runs}
          end={scaleEnd(runs)}
          resultHead="first refused operation"
        />
      )}
    </Panel>
  );
}

function Legend() {
  return (
    <div className={classes.legend}>
      <span data-tone="denied">still served</span>
      <span data-tone="suspended">Keyward refuses</span>
      <span data-tone="active">the provider refuses too</span>
    </div>
  );
}

function recorded(line: TimelineView): TimelineRun {
  return {
    id: String(line.seq),
    title: (
      <>
        {line.drill ? "Drill" : line.tenant}{" "}
        {line.cause === "denied" && (
          <Badge tone="denied" icon="denied" quiet>
            denied
          </Badge>
        )}
      </>
    ),
    note: (
      <>
        <TimeText value={line.began_at} /> ·{" "}
        <Link className={classes.link ?? ""} to={`/audit/${String(line.seq)}`}>
          record {line.seq}
        </Link>
      </>
    ),
    marks: marksOf(line),
    result: (
      <>
        <Refused line={line} />
        <br />
        {line.evicted} evicted
      </>
    ),
  };
}

/** The first operation that was refused: what the revocation is for. */
function Refused({ line }: { readonly line: TimelineView }) {
  if (line.still_answered_seconds !== null) {
    return <>the provider still answered after {line.still_answered_seconds} s</>;
  }
  if (line.first_refused === null) return <>none asked for yet</>;
  return (
    <>
      <Link className={classes.link ?? ""} to={`/audit/${String(line.first_refused.seq)}`}>
        {line.first_refused.action}
      </Link>
      , <TimeText value={line.first_refused.at} form="time" />
    </>
  );
}
