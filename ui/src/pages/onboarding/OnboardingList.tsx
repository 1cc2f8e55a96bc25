import { Button } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import {
  type Column,
  DataTable,
  EmptyState,
  Icon,
  KeyChip,
  OutcomeBadge,
  PageBody,
  PageHeader,
  StateBadge,
  TimeText,
} from "@/design";
import { failureOf, type TenantRow, useAdministrator, useTenants } from "@/ipc";
import { RegisterTenant } from "@/pages/tenants/RegisterTenant";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { isUnderWay, nextOf } from "./stage";
import { TimeLeft } from "./TimeLeft";

const columns: readonly Column<TenantRow>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(110px, 1fr)",
    cell: (row) => <span className="clip strong">{row.display_name}</span>,
    sort: (row) => row.display_name,
  },
  {
    id: "state",
    head: "State",
    width: "100px",
    cell: (row) => <StateBadge state={row.state} quiet />,
    sort: (row) => row.state,
  },
  {
    id: "key",
    head: "Root key",
    width: "minmax(140px, 1.2fr)",
    cell: ({ root_key: key }) =>
      key?.reference == null ? (
        <span className="muted">none yet</span>
      ) : (
        <KeyChip value={key.reference} provider={key.provider} />
      ),
  },
  {
    id: "challenge",
    head: "Challenge",
    width: "150px",
    cell: ({ challenge }) =>
      challenge === null ? (
        <span className="muted">none</span>
      ) : (
        <span className="row">
          {challenge.kind} <OutcomeBadge outcome={challenge.state} quiet />
        </span>
      ),
    sort: (row) => row.challenge?.state ?? null,
  },
  {
    id: "left",
    head: "Time left",
    width: "92px",
    align: "end",
    cell: ({ challenge }) =>
      challenge?.state === "open" ? (
        <TimeLeft until={challenge.expires_at} />
      ) : (
        <span className="muted">–</span>
      ),
    sort: (row) => row.challenge?.expires_at ?? null,
  },
  {
    id: "next",
    head: "Next",
    width: "minmax(160px, 1.4fr)",
    cell: (row) => <span className="clip">{nextOf(row)}</span>,
  },
  {
    id: "since",
    head: "Registered",
    width: "110px",
    cell: (row) => <TimeText value={row.created_at} form="relative" />,
    sort: (row) => row.created_at,
  },
];

/** Tenants whose root key isn't proven yet, or who have a challenge open. */
export function OnboardingList() {
  const navigate = useNavigate();
  const administrator = useAdministrator();
  const tenants = useTenants();
  const [adding, setAdding] = useState(false);
  const [selected, setSelected] = useState<string | null>(null);
  const rows = tenants.data?.filter(isUnderWay);
  usePaletteActions([
    {
      id: "onboard",
      title: "Onboard a tenant",
      icon: "onboarding",
      ...(administrator ? {} : { refused: "administrators only" }),
      run: () => setAdding(true),
    },
  ]);
  usePageReady(rows !== undefined);
  const add = (
    <Button
      variant="filled"
      disabled={!administrator}
      title={administrator ? undefined : "administrators only"}
      leftSection={<Icon name="plus" />}
      onClick={() => setAdding(true)}
    >
      Onboard a tenant…
    </Button>
  );
  const open = (tenant: string) => void navigate(`/onboarding/${encodeURIComponent(tenant)}`);
  return (
    <>
      <PageHeader
        title="Onboarding"
        meta="each can be left and taken up again"
        actions={rows?.length === 0 ? undefined : add}
      />
      <PageBody flush>
        <DataTable
          label="Tenants under way"
          columns={columns}
          rows={rows}
          idOf={({ id }) => id}
          selected={selected}
          onSelect={(row) => setSelected(row?.id ?? null)}
          onOpen={(row) => open(row.id)}
          failure={tenants.error === null ? null : failureOf(tenants.error)}
          retry={() => void tenants.refetch()}
          empty={
            <EmptyState action={add}>
              No onboarding is under way. A tenant is onboarded once its own root key is proven.
            </EmptyState>
          }
        />
      </PageBody>
      <RegisterTenant opened={adding} onClose={() => setAdding(false)} />
    </>
  );
}
