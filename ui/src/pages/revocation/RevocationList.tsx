import { Button } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import {
  Badge,
  type Column,
  DataTable,
  duration,
  EmptyState,
  ErrorNotice,
  Icon,
  PageBody,
  PageHeader,
  Panel,
  providerName,
  StateBadge,
  TimeText,
} from "@/design";
import { failureOf, type TenantRow, type TimelineView, useTenants } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { MeasuredTimeline } from "./MeasuredTimeline";
import { useRevocations } from "./queries";
import { DRILL, useRun, useRuns } from "./run";
import { RunPanel } from "./RunPanel";
import classes from "./revocation.module.css";

/** How many measured runs stand on one scale. */
const COMPARED = 5;

const pageOf = (tenant: string) => `/revocation/${encodeURIComponent(tenant)}`;

/** Who is locked first, then by id. */
const urgency = (state: string) => (state === "revoked" ? 0 : state === "suspended" ? 1 : 2);

const tenantColumns: readonly Column<TenantRow>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(100px, 1fr)",
    cell: (row) => (
      <Link className="clip" to={pageOf(row.id)}>
        {row.display_name}
      </Link>
    ),
    sort: (row) => row.display_name,
  },
  {
    id: "state",
    head: "State",
    width: "96px",
    cell: (row) => <StateBadge state={row.state} quiet title={row.state_code ?? row.state} />,
    sort: (row) => urgency(row.state),
  },
  {
    id: "who",
    head: "Can stop it",
    width: "minmax(150px, 1.5fr)",
    cell: (row) => <span className="clip secondary">{whoStops(row)}</span>,
  },
];

/** Whoever controls the key can stop it without Keyward; here an administrator or the tenant's approvers can. */
export function whoStops({ root_key: key }: TenantRow): string {
  if (key === null) return "here";
  return key.custody === "provider" ? "here" : `here, its owner at ${providerName(key.provider)}`;
}

const lineColumns: readonly Column<TimelineView>[] = [
  {
    id: "began",
    head: "When",
    width: "92px",
    cell: (line) => <TimeText value={line.began_at} />,
    sort: (line) => line.began_at,
  },
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(64px, 1fr)",
    cell: (line) => <span className="clip">{line.drill ? "drill" : line.tenant}</span>,
    sort: (line) => line.tenant,
  },
  {
    id: "cause",
    head: "Cause",
    width: "78px",
    cell: (line) =>
      line.cause === "denied" ? (
        <Badge tone="denied" icon="denied" quiet>
          denied
        </Badge>
      ) : (
        <Badge tone="neutral" icon="revocation" quiet>
          revoked
        </Badge>
      ),
    sort: (line) => line.cause,
  },
  {
    id: "locked",
    head: "Locked in",
    width: "58px",
    align: "end",
    cell: (line) => duration(line.locked_after_ms / 1000),
    sort: (line) => line.locked_after_ms,
  },
  {
    id: "refused",
    head: "Refused in",
    width: "64px",
    align: "end",
    cell: (line) => (line.refused_after_ms === null ? "–" : duration(line.refused_after_ms / 1000)),
    sort: (line) => line.refused_after_ms,
  },
  {
    id: "restored",
    head: "Restored",
    width: "78px",
    cell: (line) => <TimeText value={line.restored_at} form="date" never="not yet" />,
    sort: (line) => line.restored_at,
  },
];

/** All tenants that can be locked, what was locked before, and the drill. */
export function RevocationList() {
  const navigate = useNavigate();
  const may = useMay()("tenant.drill");
  const tenants = useTenants();
  const revocations = useRevocations();
  const drill = useRun(DRILL);
  const runs = useRuns();
  const [selected, setSelected] = useState<string | null>(null);
  const drilling = drill !== undefined && !drill.over;
  const startDrill = () => {
    if (!drilling) void runs.drill();
  };
  usePaletteActions([
    {
      id: "drill",
      title: "Run a revocation drill",
      note: "on a throwaway tenant",
      icon: "play",
      ...(may ? {} : { refused: "not for your role" }),
      run: startDrill,
    },
  ]);
  const rows = tenants.data?.filter(({ state }) => state !== "offboarded" && state !== "pending");
  const lines = revocations.data;
  usePageReady(rows !== undefined && lines !== undefined);
  return (
    <>
      <PageHeader
        title="Revocation"
        meta="what stops when a root key goes, and how fast"
        actions={
          <Button
            disabled={!may || drilling}
            title={
              may
                ? "Revokes a throwaway tenant with a throwaway local key by every step of a real revocation"
                : "not for your role"
            }
            leftSection={<Icon name="play" />}
            onClick={startDrill}
          >
            Run a drill
          </Button>
        }
      />
      <PageBody className={classes.list}>
        <div className={classes.lists}>
          <Panel title="Tenants" note="Enter opens what would stop" flush>
            <DataTable
              label="Tenants that can be locked"
              columns={tenantColumns}
              rows={rows}
              idOf={({ id }) => id}
              sorted={{ column: "state", descending: false }}
              selected={selected}
              onSelect={(row) => setSelected(row?.id ?? null)}
              onOpen={(row) => void navigate(pageOf(row.id))}
              failure={tenants.error === null ? null : failureOf(tenants.error)}
              retry={() => void tenants.refetch()}
              empty={
                <EmptyState action={<Link to="/onboarding">Onboard a tenant</Link>}>
                  No tenant is served yet, so nothing can be locked.
                </EmptyState>
              }
            />
          </Panel>
          <Panel title="Past revocations and denials" note="from the log" flush>
            <DataTable
              label="Past revocations and denials"
              columns={lineColumns}
              rows={lines}
              idOf={({ seq }) => String(seq)}
              onOpen={(line) =>
                void navigate(line.drill ? `/audit/${String(line.seq)}` : pageOf(line.tenant))
              }
              failure={revocations.error === null ? null : failureOf(revocations.error)}
              retry={() => void revocations.refetch()}
              empty={
                <EmptyState>
                  Nothing was revoked or denied yet. A drill measures how fast it would be.
                </EmptyState>
              }
            />
          </Panel>
        </div>
        <div className={classes.stack}>
          {drill !== undefined && (
            <RunPanel title="A drill" run={drill} name={DRILL} place="the local key store" />
          )}
          {revocations.error !== null && lines !== undefined && (
            <ErrorNotice failure={failureOf(revocations.error)} />
          )}
          {(drilling || (lines?.length ?? 0) > 0) && (
            <MeasuredTimeline name="a drill" run={drill} lines={(lines ?? []).slice(0, COMPARED)} />
          )}
        </div>
      </PageBody>
    </>
  );
}
