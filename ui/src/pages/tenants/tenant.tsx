import { Button } from "@mantine/core";
import { useNavigate, useParams, useSearchParams } from "react-router";
import {
  ErrorNotice,
  grouped,
  Icon,
  Notice,
  PageBody,
  PageHeader,
  Panel,
  StateBadge,
  stateShown,
  Tabs,
  TimeText,
} from "@/design";
import { failureOf, useRole, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { type HierarchyView, useHierarchy } from "@/pages/hierarchy/queries";
import { PeriodForm } from "@/pages/rotation/PeriodForm";
import { usePageReady } from "@/shell/use-page-ready";
import { Actions } from "./Actions";
import { Approvers, useApprovers } from "./Approvers";
import { Datasets } from "./Datasets";
import { LogSlice } from "./LogSlice";
import { RootKeys } from "./RootKeys";
import { notServed } from "./words";

const views = ["keys", "datasets", "approvers", "rotation", "log", "actions"] as const;
type View = (typeof views)[number];

/** One tenant, whole: its keys, datasets, approvers, records, and what can be done to it. */
export default function Tenant() {
  const { tenant: id = "" } = useParams();
  const [address, setAddress] = useSearchParams();
  const navigate = useNavigate();
  const ownTenant = useRole()?.kind === "tenant-approver";
  const found = useHierarchy(id);
  const approvers = useApprovers(id);
  const view: View = views.find((one) => one === address.get("tab")) ?? "keys";
  const path = encodeURIComponent(id);
  usePageReady(found.data !== undefined);
  usePaletteActions(
    views.map((one) => ({
      id: `tenant ${one}`,
      title: `${id}: ${one}`,
      icon: "tenants" as const,
      run: () => setAddress({ tab: one }),
    })),
  );

  const data = found.data;
  const title = data?.tenant.display_name ?? "";
  return (
    <>
      <PageHeader
        title={title === "" ? id : title}
        {...(ownTenant ? {} : { parent: { title: "Tenants", to: "/tenants" } })}
        meta={data && <StateBadge state={data.tenant.state} />}
        tabs={
          <Tabs
            label="Views of the tenant"
            tabs={[
              { value: "keys", label: "Keys", count: data && grouped(data.root_keys.length) },
              {
                value: "datasets",
                label: "Datasets",
                count: data && grouped(data.datasets.length),
              },
              {
                value: "approvers",
                label: "Approvers",
                count: approvers.data && grouped(approvers.data.length),
              },
              { value: "rotation", label: "Rotation" },
              { value: "log", label: "Log" },
              { value: "actions", label: "Actions" },
            ]}
            value={view}
            onChange={(to) => setAddress({ tab: to })}
          />
        }
        actions={
          !ownTenant && (
            <Button
              leftSection={<Icon name="hierarchy" />}
              onClick={() => void navigate(`/hierarchy/${path}`)}
            >
              Hierarchy
            </Button>
          )
        }
      />
      <PageBody flush={view === "log" && data !== undefined}>
        {found.error !== null && (
          <ErrorNotice failure={failureOf(found.error)} retry={() => void found.refetch()} />
        )}
        {data !== undefined && view !== "log" && <NotServed of={data} />}
        {data !== undefined && <Shown view={view} of={data} />}
      </PageBody>
    </>
  );
}

function Shown({ view, of: data }: { readonly view: View; readonly of: HierarchyView }) {
  switch (view) {
    case "keys":
      return <RootKeys of={data} />;
    case "datasets":
      return <Datasets of={data} />;
    case "approvers":
      return <Approvers tenant={data.tenant.id} />;
    case "rotation":
      return <Rotation tenant={data.tenant.id} />;
    case "log":
      return <LogSlice tenant={data.tenant.id} />;
    case "actions":
      return <Actions of={data} />;
  }
}

function NotServed({ of: { tenant } }: { readonly of: HierarchyView }) {
  const wrong = notServed(tenant);
  if (wrong === null) return null;
  const { tone, icon } = stateShown(tenant.state);
  return (
    <Notice
      tone={tone}
      icon={icon}
      title={
        <>
          {tenant.state} since <TimeText value={tenant.state_since} />
        </>
      }
    >
      {wrong}
    </Notice>
  );
}

function Rotation({ tenant }: { readonly tenant: string }) {
  const tenants = useTenants();
  const row = tenants.data?.find(({ id }) => id === tenant);
  if (tenants.error !== null && row === undefined) {
    return <ErrorNotice failure={failureOf(tenants.error)} retry={() => void tenants.refetch()} />;
  }
  if (row === undefined) return null;
  return (
    <Panel
      title="Rotation period"
      note={row.rotation_days_own ? "this tenant’s own" : "the workspace’s"}
    >
      <PeriodForm
        key={`${String(row.rotation_days)} ${String(row.rotation_days_own)}`}
        tenant={tenant}
        days={row.rotation_days}
        own={row.rotation_days_own}
        rows={[row]}
      />
    </Panel>
  );
}
