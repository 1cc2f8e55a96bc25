import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  duration,
  ErrorNotice,
  grouped,
  Icon,
  OutcomeBadge,
  Panel,
  ProgressBar,
  TimeText,
} from "@/design";
import { call, commands, failureOf, type JobItem, keys, useAdministrator } from "@/ipc";
import { Proof } from "./Proof";
import { Quarantine } from "./Quarantine";
import classes from "./rotation.module.css";

type Control = "pause" | "resume" | "cancel" | "retry";

interface JobPanelProps {
  readonly job: JobItem;
  /** The tenant's name. */
  readonly name: string;
}

/** A rewrap: how far it is, what can be done about it, what failed, and what remains at its end. */
export function JobPanel({ job, name }: JobPanelProps) {
  const client = useQueryClient();
  const control = useMutation({
    mutationFn: (what: Control) => call(ask(job, what)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.rewraps.all }),
  });
  const { progress, report } = job;
  const open = job.state === "running" || job.state === "paused";
  return (
    <Panel
      title={name}
      note={
        <>
          to {job.root_key} version {job.version}, started <TimeText value={job.started_at} />
        </>
      }
      end={
        <>
          <OutcomeBadge outcome={job.state} />
          <Controls job={job} onControl={control.mutate} pending={control.isPending} />
        </>
      }
    >
      <div className={classes.job}>
        <ProgressBar
          title={stopping(job)}
          done={progress.rewrapped}
          total={progress.total}
          of="data keys"
          rate={job.state === "running" ? (progress.rate ?? undefined) : undefined}
          remainingSeconds={job.state === "running" ? progress.remaining_seconds : null}
          quarantined={progress.quarantined}
          tone={job.state === "failed" ? "compromised" : job.state === "done" ? "active" : "accent"}
          note={open ? undefined : ended(job)}
        />
        {job.forecast !== null && (
          <p className="muted small">
            Forecast: {grouped(job.forecast.progress.total)} data keys,{" "}
            {grouped(job.forecast.kms_calls)} KMS calls
            {job.forecast.progress.remaining_seconds !== null &&
              `, ${duration(job.forecast.progress.remaining_seconds)}`}
            .
          </p>
        )}
        {control.error !== null && <ErrorNotice failure={failureOf(control.error)} />}
        {job.failure !== null && <ErrorNotice failure={job.failure} />}
        {report !== null && report.quarantine.length > 0 && (
          <Quarantine items={report.quarantine} />
        )}
        {report !== null && !open && <Proof report={report} />}
      </div>
    </Panel>
  );
}

interface ControlsProps {
  readonly job: JobItem;
  readonly pending: boolean;
  readonly onControl: (what: Control) => void;
}

function Controls({ job, pending, onControl }: ControlsProps) {
  const administrator = useAdministrator();
  const quarantined = job.report?.quarantine.length ?? 0;
  const button = (what: Control, text: string, icon: "pause" | "play" | "stop" | "rotation") => (
    <Button
      key={what}
      size="compact-xs"
      disabled={!administrator || pending}
      leftSection={<Icon name={icon} size={12} />}
      onClick={() => onControl(what)}
    >
      {text}
    </Button>
  );
  switch (job.state) {
    case "running":
      return job.stopping === null ? (
        <>
          {button("pause", "Pause", "pause")}
          {button("cancel", "Cancel", "stop")}
        </>
      ) : job.stopping === "paused" ? (
        button("resume", "Go on", "play")
      ) : null;
    case "paused":
      return (
        <>
          {button("resume", "Resume", "play")}
          {button("cancel", "Cancel", "stop")}
        </>
      );
    case "failed":
      return button("resume", "Resume", "play");
    default:
      return quarantined > 0 ? button("retry", "Retry quarantined", "rotation") : null;
  }
}

const ask = (job: JobItem, what: Control) => {
  switch (what) {
    case "pause":
      return commands.rewrapPause(job.id);
    case "resume":
      return commands.rewrapResume(job.id);
    case "cancel":
      return commands.rewrapCancel(job.id);
    case "retry":
      return commands.rewrapStart(job.tenant, true, null);
  }
};

/** What ends a stop that was asked for. */
function stopping(job: JobItem): string {
  if (job.stopping === "paused") return "pausing once the batch under way is committed";
  if (job.stopping === "cancelled") return "ending once the batch under way is committed";
  if (job.state === "paused") return "paused: it goes on when it is resumed";
  return "data keys rewrapped";
}

const ended = (job: JobItem) =>
  job.ended_at === null ? null : (
    <>
      ended <TimeText value={job.ended_at} />
    </>
  );
