import { Button } from "@mantine/core";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { Icon, PageBody, PageHeader, Split, Tabs } from "@/design";
import { useRole, useVerification, useWorkspace, verifyLog } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { useShortcuts } from "@/shell/shortcuts";
import { usePageReady } from "@/shell/use-page-ready";
import { DaysPanel } from "./DaysPanel";
import { ExportMenu, ExportNotice, formats, useExport } from "./Export";
import { addressOf, type AuditFilter, filterOf, isEmpty } from "./filter";
import { FilterBar } from "./FilterBar";
import { Histogram } from "./Histogram";
import { RecordDrawer } from "./RecordDrawer";
import { useFound, useWholeLog } from "./records";
import { RecordsTable } from "./RecordsTable";
import { Summary } from "./Summary";
import { useDays } from "./use-days";
import { VerificationNotice } from "./Verification";

/** The log: every record, found, read, proven and exported. */
export default function Audit() {
  const [address] = useSearchParams();
  const navigate = useNavigate();
  const role = useRole();
  const verifying = useVerification().at === "running";
  const ownTenant = role?.kind === "tenant-approver";
  const view = address.get("view") === "days" && !ownTenant ? "days" : "records";
  const filter = filterOf(address);
  const exporting = useExport(filter);

  usePaletteActions(
    ownTenant
      ? []
      : formats.map(({ format, title, note }) => ({
          id: `export ${format}`,
          title: `Export the log: ${title}`,
          note,
          icon: "download" as const,
          run: () => exporting.mutate(format),
        })),
  );
  return (
    <>
      <PageHeader
        title="Audit"
        tabs={
          !ownTenant && (
            <Tabs
              label="Views of the log"
              tabs={[
                { value: "records", label: "Records" },
                { value: "days", label: "Days" },
              ]}
              value={view}
              onChange={(to) => {
                const next = addressOf(filter);
                if (to === "days") next.set("view", to);
                void navigate(`/audit?${next.toString()}`);
              }}
            />
          )
        }
        actions={
          !ownTenant && (
            <>
              <Button
                leftSection={<Icon name="shield" />}
                loading={verifying}
                onClick={() => void verifyLog()}
              >
                Verify now
              </Button>
              <ExportMenu exporting={exporting} />
            </>
          )
        }
      />
      <VerificationNotice />
      <ExportNotice exporting={exporting} />
      <PageBody flush>{view === "days" ? <Days /> : <RecordsView filter={filter} />}</PageBody>
    </>
  );
}

function Days() {
  usePageReady(useDays().data !== undefined);
  return (
    <Split drawer={null}>
      <DaysPanel />
    </Split>
  );
}

function RecordsView({ filter }: { readonly filter: AuditFilter }) {
  const { seq } = useParams();
  const navigate = useNavigate();
  const role = useRole();
  const total = useWorkspace().data?.records;
  const archive =
    useDays()
      .data?.filter((day) => !day.here)
      .map((day) => day.day)
      .join() ?? "";
  // A tenant's approver sees that tenant's records alone: their numbers aren't dense.
  const whole = isEmpty(filter) && role?.kind !== "tenant-approver";
  const wholeLog = useWholeLog(whole ? total : undefined, archive);
  const found = useFound(filter, !whole && role !== undefined);
  const records = whole ? wholeLog : found;
  const opened = seq !== undefined && /^\d+$/.test(seq) ? Number(seq) : null;
  usePageReady(
    records.count !== undefined && (records.count === 0 || records.rowAt(0) !== undefined),
  );

  const open = (next: number | null, by = filter) => {
    const path = next === null ? "/audit" : `/audit/${String(next)}`;
    const query = addressOf(by).toString();
    void navigate(query === "" ? path : `${path}?${query}`, {
      replace: opened !== null && next !== null,
    });
  };
  const step = (by: 1 | -1) => {
    const at = opened === null ? -1 : records.indexOf(opened);
    const next = records.rowAt(Math.max(at + by, 0));
    if (next !== undefined) open(next.seq);
  };
  useShortcuts([
    { keys: "j", label: "Next record", group: "Audit", run: () => step(1) },
    { keys: "k", label: "Previous record", group: "Audit", run: () => step(-1) },
  ]);

  return (
    <Split
      drawer={
        opened !== null && <RecordDrawer seq={opened} onClose={() => open(null)} onStep={step} />
      }
    >
      <FilterBar filter={filter} onChange={(next) => open(opened, next)} onGo={open} />
      <Histogram
        filter={filter}
        onBrush={(since, until) => open(opened, { ...filter, since, until })}
      />
      <RecordsTable
        records={records}
        selected={opened}
        onSelect={open}
        filtered={!isEmpty(filter)}
      />
      <Summary filter={filter} records={records} total={total} />
    </Split>
  );
}
