import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import {
  type Column,
  DataTable,
  Drawer,
  DrawerSection,
  EmptyState,
  ErrorNotice,
  Facts,
  FilterTokens,
  Icon,
  KeyChip,
  Meter,
  Notice,
  OutcomeBadge,
  PageBody,
  PageHeader,
  Panel,
  ProgressBar,
  Ring,
  Segmented,
  Split,
  StateBadge,
  StatRow,
  StatTile,
  StepList,
  Tabs,
  Timeline,
  TimeText,
  TypedConfirmation,
  grouped,
} from "@/design";
import type { TenantRow } from "@/ipc";
import { tenants } from "./answers";

const columns: readonly Column<TenantRow>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "110px",
    cell: (row) => row.display_name,
    sort: (row) => row.id,
  },
  {
    id: "state",
    head: "State",
    width: "116px",
    cell: (row) => <StateBadge state={row.state} quiet />,
    sort: (row) => row.state,
  },
  {
    id: "key",
    head: "Root key",
    width: "minmax(120px, 1fr)",
    cell: (row) =>
      row.root_key?.reference != null && (
        <KeyChip value={row.root_key.reference} provider={row.root_key.provider} longest={22} />
      ),
  },
  {
    id: "keys",
    head: "Data keys",
    width: "80px",
    align: "end",
    cell: (row) => grouped(row.data_keys),
    sort: (row) => row.data_keys,
  },
  {
    id: "due",
    head: "Next due",
    width: "96px",
    align: "end",
    cell: (row) => <TimeText value={row.due_at} form="date" />,
    sort: (row) => row.due_at,
  },
];
const idOf = (row: TenantRow) => row.id;
const keyStates = [
  "pre-activation",
  "active",
  "suspended",
  "deactivated",
  "compromised",
  "destroyed",
  "denied",
  "unreachable",
];
const marks = [
  { name: "denied", at: 0, tone: "denied" },
  { name: "noticed", at: 1.42, tone: "suspended" },
  { name: "evicted", at: 1.43, tone: "suspended" },
  { name: "first refusal", at: 1.9, tone: "active" },
] as const;
const failure = {
  code: "kms-denied",
  message: "key `rk:acme/1` denied the call",
  next_step: "ask the tenant to allow it",
  details: { request: "01JDC7K4TQ" },
};

/** Every component once. */
export function Gallery() {
  const [selected, setSelected] = useState<string | null>("tenant-0002");
  const [tab, setTab] = useState<"all" | "due">("all");
  const [hours, setHours] = useState<"1" | "24">("24");
  const row = tenants.find((one) => one.id === selected);
  return (
    <>
      <PageHeader
        title="Gallery"
        parent={{ title: "Settings", to: "/settings" }}
        tabs={
          <Tabs
            label="View"
            value={tab}
            onChange={setTab}
            tabs={[
              { value: "all", label: "All", count: 2000 },
              { value: "due", label: "Due in 30 days", count: 38 },
            ]}
          />
        }
        actions={
          <>
            <Segmented
              label="Span"
              value={hours}
              onChange={setHours}
              options={[
                { value: "1", label: "1 h" },
                { value: "24", label: "24 h" },
              ]}
            />
            <Button leftSection={<Icon name="download" />}>CSV</Button>
            <Button variant="danger">Revoke…</Button>
            <Button variant="filled" leftSection={<Icon name="onboarding" />}>
              Onboard a tenant
            </Button>
          </>
        }
      />
      <FilterTokens
        tokens={[
          { field: "state", operator: "is not", value: "offboarded" },
          { field: "region", operator: "in", value: "EU, US" },
        ]}
        onRemove={() => undefined}
      />
      <Split
        drawer={
          row !== undefined && (
            <Drawer
              title={row.display_name}
              badge={<StateBadge state={row.state} />}
              onClose={() => setSelected(null)}
              onStep={() => undefined}
              footer={
                <>
                  <Button>Open</Button>
                  <Button leftSection={<Icon name="rotation" />}>Probe now</Button>
                </>
              }
            >
              <Notice tone="unreachable" icon="unreachable" title="unreachable since 09:38">
                The slot times out. 188 cached data keys serve until the grant window ends.
              </Notice>
              <DrawerSection title="Root key">
                <Facts
                  facts={[
                    ["Custody", row.root_key?.custody],
                    ["Regions", row.root_key?.regions.join(", ")],
                    [
                      "Rotation",
                      <>
                        <Ring share={0.6} label="54 of 90 days" />{" "}
                        <Ring share={0.9} label="81 of 90 days" />{" "}
                        <Ring share={1.2} label="108 of 90 days" />
                      </>,
                    ],
                  ]}
                />
              </DrawerSection>
              <DrawerSection title="Next steps">
                <StepList
                  steps={[
                    {
                      id: "a",
                      state: "done",
                      title: "Suspend, evict 63 data keys",
                      end: "+1.63 s",
                    },
                    {
                      id: "b",
                      state: "running",
                      title: "See the first refusal",
                      note: "a probe is sent at +3 s",
                    },
                    { id: "c", state: "failed", title: "Close open volumes" },
                    { id: "d", state: "waiting", title: "Anchor a checkpoint" },
                  ]}
                />
              </DrawerSection>
              <DrawerSection title="Confirm">
                <TypedConfirmation
                  name={row.id}
                  action={`Suspend ${row.display_name}`}
                  icon="revocation"
                  onConfirm={() => undefined}
                />
              </DrawerSection>
            </Drawer>
          )
        }
      >
        <PageBody>
          <div className="row" style={{ flexWrap: "wrap" }}>
            {keyStates.map((state) => (
              <StateBadge key={state} state={state} />
            ))}
            {["ok", "denied", "failed", "intent", "running"].map((one) => (
              <OutcomeBadge key={one} outcome={one} quiet />
            ))}
          </div>
          <Panel
            title="Tenants"
            note="2000, sorted by a head"
            flush
            end={
              <a className="link" href="#/tenants">
                all
              </a>
            }
          >
            <div style={{ display: "flex", height: 216 }}>
              <DataTable
                label="Tenants"
                columns={columns}
                rows={tenants}
                idOf={idOf}
                selected={selected}
                onSelect={(one) => setSelected(one?.id ?? null)}
                empty={<EmptyState>No tenants.</EmptyState>}
              />
            </div>
          </Panel>
          <Panel title="Measured time line" note="seconds from the first denial" flush>
            <Timeline
              label="Revocations"
              end={4}
              objective={3}
              resultHead="served after eviction"
              runs={[
                {
                  id: "1",
                  title: "This one",
                  note: "running",
                  now: 1.6,
                  result: "0",
                  marks: [...marks.slice(0, 3), { ...marks[3], pending: true }],
                },
                { id: "2", title: "Last drill", note: "21 Nov 16:03", result: "0", marks },
              ]}
            />
          </Panel>
          <Panel title="Rewraps">
            <StatRow>
              <StatTile value={grouped(9114220)} label="objects" to="/audit" />
              <StatTile value="12" label="volumes, 9 open" />
            </StatRow>
            <ProgressBar
              title="Acme"
              done={9318}
              total={12480}
              rate={41.6}
              remainingSeconds={76}
              quarantined={40}
            />
            <Meter
              height={8}
              parts={[
                { value: 201, tone: "active", label: "active" },
                { value: 5, tone: "pre-activation", label: "pending" },
                { value: 3, tone: "suspended", label: "suspended" },
              ]}
            />
          </Panel>
          <ErrorNotice failure={failure} retry={() => undefined} />
          <TextInput label="Reason, goes into the log" placeholder="case number" w={320} />
          <EmptyState action={<Button variant="filled">Onboard a tenant</Button>}>
            No tenant is here yet. The first one begins with its key’s reference.
          </EmptyState>
        </PageBody>
      </Split>
    </>
  );
}
