import { Button, Select, TextInput } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import {
  DataTable,
  EmptyState,
  grouped,
  Icon,
  Keys,
  PageBody,
  PageHeader,
  providerName,
  Split,
  Tabs,
} from "@/design";
import { failureOf, type TenantRow, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { useMay } from "@/pages/access/use-may";
import { useShortcuts } from "@/shell/shortcuts";
import { usePageReady } from "@/shell/use-page-ready";
import { columns, columnsBesideDrawer } from "./columns";
import { countByState, filterOf, passing, providersOf, states } from "./filter";
import { RegisterTenant } from "./RegisterTenant";
import { TenantDrawer } from "./TenantDrawer";
import classes from "./tenants.module.css";

const all = "all";
const none: readonly TenantRow[] = [];
const idOf = (row: TenantRow) => row.id;
const urgentFirst = { column: "state", descending: false } as const;

/** Every tenant with its root key. */
export default function Tenants() {
  const [address, setAddress] = useSearchParams();
  const navigate = useNavigate();
  const may = useMay()("tenant.register");
  const tenants = useTenants();
  const [registering, setRegistering] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const { state, provider, search } = filterOf(address);
  const rows = tenants.data;
  const shown = useMemo(
    () => rows && passing(rows, { state, provider, search }),
    [rows, state, provider, search],
  );
  const counts = useMemo(() => countByState(rows ?? none), [rows]);
  const providers = useMemo(() => providersOf(rows ?? none), [rows]);
  const selected = shown?.find(({ id }) => id === address.get("at"));
  usePageReady(rows !== undefined);

  const set = (name: string, value: string | null) =>
    setAddress(
      (before) => {
        const next = new URLSearchParams(before);
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
        return next;
      },
      { replace: true },
    );
  const register = () => setRegistering(true);
  useShortcuts([
    { keys: "/", label: "Search", group: "Tenants", run: () => field.current?.focus() },
  ]);
  usePaletteActions([
    {
      id: "register tenant",
      title: "Register a tenant",
      icon: "plus",
      ...(may ? {} : { refused: "not for your role" }),
      run: register,
    },
  ]);
  const filtered = state !== null || provider !== null || search !== "";
  return (
    <>
      <PageHeader
        title="Tenants"
        tabs={
          <Tabs
            label="Tenants by state"
            tabs={[
              { value: all, label: "All", count: grouped(rows?.length ?? 0) },
              ...states.map((one) => ({
                value: one,
                label: one,
                count: grouped(counts.get(one) ?? 0),
              })),
            ]}
            value={state ?? all}
            onChange={(to) => set("state", to === all ? null : to)}
          />
        }
        actions={
          <Button
            variant="filled"
            leftSection={<Icon name="plus" />}
            disabled={!may}
            title={may ? undefined : "not for your role"}
            onClick={register}
          >
            Register a tenant
          </Button>
        }
      />
      <PageBody flush>
        <Split drawer={selected && <TenantDrawer row={selected} onClose={() => set("at", null)} />}>
          <div className={classes.filter}>
            <TextInput
              ref={field}
              className={classes.search ?? ""}
              variant="unstyled"
              aria-label="search tenants"
              placeholder="name, id, key or region"
              leftSection={<Icon name="search" size={12} />}
              rightSection={search === "" ? <Keys keys="/" /> : null}
              rightSectionPointerEvents="none"
              value={search}
              onChange={(event) => set("search", event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key !== "Escape") return;
                event.stopPropagation();
                field.current?.blur();
              }}
            />
            <Select
              aria-label="provider"
              placeholder="any provider"
              w={160}
              clearable
              data={providers.map((value) => ({ value, label: providerName(value) }))}
              value={provider}
              onChange={(to) => set("provider", to)}
            />
          </div>
          <DataTable
            label="Tenants"
            rows={shown}
            idOf={idOf}
            columns={selected === undefined ? columns : columnsBesideDrawer}
            sorted={urgentFirst}
            selected={selected?.id ?? null}
            onSelect={(row) => set("at", row?.id ?? null)}
            onOpen={(row) => void navigate(`/tenants/${encodeURIComponent(row.id)}`)}
            failure={tenants.error === null ? null : failureOf(tenants.error)}
            retry={() => void tenants.refetch()}
            empty={
              <EmptyState
                action={
                  filtered ? (
                    <Button onClick={() => setAddress({})}>Show all tenants</Button>
                  ) : (
                    may && <Button onClick={register}>Register a tenant</Button>
                  )
                }
              >
                {filtered
                  ? "No tenant passes this filter."
                  : "There is no tenant yet: each brings a root key of its own."}
              </EmptyState>
            }
          />
          <div className={classes.summary}>
            <span>
              <b>{grouped(shown?.length ?? 0)}</b> of {grouped(rows?.length ?? 0)} tenants
            </span>
            <span className="end muted">who isn’t served first, then what is due next</span>
          </div>
        </Split>
      </PageBody>
      <RegisterTenant opened={registering} onClose={() => setRegistering(false)} />
    </>
  );
}
