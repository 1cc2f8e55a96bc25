import { Link } from "react-router";
import {
  ageTone,
  EmptyState,
  grouped,
  Meter,
  Panel,
  percent,
  ProgressBar,
  StateBadge,
  stateShown,
} from "@/design";
import type { JobItem, TenantRow } from "@/ipc";
import { ageColumns } from "./rotation-age";
import classes from "./Overview.module.css";

const order = ["active", "pending", "suspended", "revoked", "offboarded"];

/** How many tenants are in each state. */
export function TenantsByState({ tenants }: { readonly tenants: readonly TenantRow[] }) {
  const counts = order.map(
    (state) => [state, tenants.filter((one) => one.state === state).length] as const,
  );
  return (
    <Panel
      title="Tenants by state"
      end={<Link to="/tenants">{grouped(tenants.length)} tenants</Link>}
    >
      <Meter
        height={8}
        parts={counts.map(([state, value]) => ({
          value,
          tone: stateShown(state).tone,
          label: state,
        }))}
      />
      <ul className={classes.states}>
        {counts.map(([state, count]) => (
          <li key={state}>
            <StateBadge state={state} quiet />
            <Link to={`/tenants?state=${state}`}>{grouped(count)}</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** How old the root keys' versions are, against their periods. */
export function RotationAge({
  tenants,
  now,
}: {
  readonly tenants: readonly TenantRow[];
  readonly now: number;
}) {
  const { columns, past, keyed } = ageColumns(tenants, now);
  const most = Math.max(1, ...columns.map((column) => column.keys));
  return (
    <Panel
      title="Rotation age"
      end={
        <Link to="/rotation">
          {past === 1 ? "1 root key" : `${grouped(past)} root keys`} past the period
        </Link>
      }
    >
      {keyed === 0 ? (
        <EmptyState>No root key wraps anything yet.</EmptyState>
      ) : (
        <div className={classes.ages}>
          <div
            className={classes.columns}
            role="img"
            aria-label={`${grouped(keyed)} root keys, ${grouped(past)} past their period`}
          >
            {columns.map((column) => (
              <span
                key={column.from}
                title={`${String(column.from)} to ${String(column.from + 10)} % of the period: ${grouped(column.keys)}`}
              >
                <i
                  style={{ height: `${String((100 * column.keys) / most)}%` }}
                  data-tone={ageTone((column.from + 5) / 100)}
                />
                <b>{column.keys > 0 && grouped(column.keys)}</b>
              </span>
            ))}
          </div>
          <div className={classes.axis} aria-hidden>
            <span>new</span>
            <span>half its period</span>
            <span>due</span>
            <span>half again</span>
          </div>
        </div>
      )}
    </Panel>
  );
}

/** Rewraps that run, and tenants whose data keys are partly under an old version. */
export function Rewraps({
  tenants,
  jobs,
}: {
  readonly tenants: readonly TenantRow[];
  readonly jobs: readonly JobItem[];
}) {
  const open = jobs.filter((job) => job.state === "running" || job.state === "paused");
  const busy = new Set(open.map((job) => job.tenant));
  const partly = tenants.filter((one) => one.stale_data_keys > 0 && !busy.has(one.id));
  return (
    <Panel
      title="Rewraps"
      end={
        <Link to="/rotation">{`${String(open.length)} under way, ${String(partly.length)} to do`}</Link>
      }
    >
      {open.length === 0 && partly.length === 0 && (
        <EmptyState>All data keys are under their root key’s current version.</EmptyState>
      )}
      {open.map((job) => (
        <div key={job.id} className={classes.rewrap}>
          <ProgressBar
            title={<Link to="/rotation">{job.tenant}</Link>}
            done={job.progress.rewrapped + job.progress.quarantined}
            total={job.progress.total}
            of="data keys"
            rate={job.progress.rate ?? undefined}
            remainingSeconds={job.progress.remaining_seconds}
            quarantined={job.progress.quarantined}
          />
        </div>
      ))}
      {partly.slice(0, 5).map((tenant) => {
        const done = tenant.data_keys - tenant.stale_data_keys;
        return (
          <div key={tenant.id} className={classes.rewrap}>
            <span className={classes.pair}>
              <Link to={`/tenants/${encodeURIComponent(tenant.id)}`}>{tenant.display_name}</Link>
              <span>{percent(done, tenant.data_keys)}</span>
            </span>
            <Meter
              parts={[
                { value: done, tone: "active", label: "current" },
                { value: tenant.stale_data_keys, tone: "attention", label: "under an old version" },
              ]}
            />
            <span className="muted">{`${grouped(tenant.stale_data_keys)} of ${grouped(tenant.data_keys)} data keys under an old version`}</span>
          </div>
        );
      })}
    </Panel>
  );
}
