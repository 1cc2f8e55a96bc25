import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { duration, ErrorNotice, Facts, grouped, Icon } from "@/design";
import {
  call,
  commands,
  failureOf,
  type RewrapReportView,
  type TenantRow,
  useAdministrator,
  useRewraps,
} from "@/ipc";
import { Quarantine } from "./Quarantine";
import classes from "./rotation.module.css";

interface RewrapSectionProps {
  readonly row: TenantRow;
  readonly quarantine: RewrapReportView["quarantine"];
  /** Shows the jobs once one was started. */
  readonly onStarted: () => void;
}

/** A forecast, then the job. Nothing runs before it is asked for. */
export function RewrapSection({ row, quarantine, onStarted }: RewrapSectionProps) {
  const administrator = useAdministrator();
  const open = useRewraps().data?.find(
    (job) => job.tenant === row.id && (job.state === "running" || job.state === "paused"),
  );
  const forecast = useMutation({ mutationFn: () => call(commands.rewrapForecast(row.id)) });
  const start = useMutation({
    mutationFn: (retry: boolean) => call(commands.rewrapStart(row.id, retry, null)),
    onSuccess: onStarted,
  });
  const nothing = row.stale_data_keys === 0;
  const may = administrator && row.state === "active";
  return (
    <div className={classes.stack}>
      <p className="small secondary">
        {nothing
          ? `All ${grouped(row.data_keys)} data keys are under the current version.`
          : `${grouped(row.stale_data_keys)} of ${grouped(row.data_keys)} data keys aren’t under the current version.`}
      </p>
      {forecast.data !== undefined && <Forecast report={forecast.data} />}
      {open !== undefined && (
        <p className="small">
          A rewrap is {open.state}.{" "}
          <Button size="compact-xs" variant="subtle" onClick={onStarted}>
            Show it
          </Button>
        </p>
      )}
      <div className="row">
        <Button
          disabled={!may || nothing || open !== undefined}
          loading={forecast.isPending}
          title="Rewraps a few keys for the time, and throws that away"
          onClick={() => forecast.mutate()}
        >
          Forecast
        </Button>
        <Button
          variant={forecast.data === undefined ? "default" : "filled"}
          disabled={!may || nothing || open !== undefined || forecast.data === undefined}
          title={forecast.data === undefined ? "see the forecast first" : undefined}
          loading={start.isPending}
          leftSection={<Icon name="play" />}
          onClick={() => start.mutate(false)}
        >
          Start the rewrap
        </Button>
      </div>
      {forecast.error !== null && <ErrorNotice failure={failureOf(forecast.error)} />}
      {start.error !== null && <ErrorNotice failure={failureOf(start.error)} />}
      {quarantine.length > 0 && (
        <>
          <Quarantine items={quarantine} />
          <div>
            <Button
              disabled={!may || open !== undefined}
              loading={start.isPending}
              onClick={() => start.mutate(true)}
            >
              Retry {grouped(quarantine.length)} quarantined
            </Button>
          </div>
        </>
      )}
    </div>
  );
}

/** What a job would take. */
export function Forecast({ report }: { readonly report: RewrapReportView }) {
  const { total, rate, remaining_seconds } = report.progress;
  return (
    <Facts
      facts={[
        ["Data keys", grouped(total)],
        ["KMS calls", grouped(report.kms_calls)],
        [
          "Rate, measured",
          rate === null || rate <= 0 ? "not known" : `${rate.toFixed(1)} a second`,
        ],
        ["Time", remaining_seconds === null ? "not known" : duration(remaining_seconds)],
        ["Under", `${report.root_key} version ${String(report.version)}`],
        ["Objects touched", "0"],
      ]}
    />
  );
}
