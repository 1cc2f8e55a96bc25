import { Button, Skeleton } from "@mantine/core";
import { useCallback, useMemo, useState } from "react";
import { Link, useNavigate } from "react-router";
import { EmptyState, ErrorNotice, grouped, Icon, PageBody, PageHeader } from "@/design";
import { failureOf, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { MapLegend } from "./MapLegend";
import { RegionMap } from "./RegionMap";
import { regionsOf, spotsOf } from "./regions";
import { TenantsList } from "./TenantsList";
import shared from "../hierarchy.module.css";
import classes from "./map.module.css";

/** Every tenant on one map, by provider and region: whoever is at risk can't be overlooked. */
export function AllTenants() {
  const navigate = useNavigate();
  const tenants = useTenants();
  const [selected, setSelected] = useState<string | null>(null);
  const { data: rows, dataUpdatedAt } = tenants;
  const spots = useMemo(
    () => (rows === undefined ? undefined : spotsOf(rows, dataUpdatedAt)),
    [rows, dataUpdatedAt],
  );
  const regions = useMemo(() => (spots === undefined ? undefined : regionsOf(spots)), [spots]);
  usePageReady(spots !== undefined || tenants.error !== null);
  const open = useCallback(
    (tenant: string) => void navigate(`/hierarchy/${encodeURIComponent(tenant)}`),
    [navigate],
  );
  const select = useCallback(
    (region: string) => setSelected((before) => (before === region ? null : region)),
    [],
  );
  usePaletteActions([
    {
      id: "hierarchy table",
      title: "Show all tenants as a table",
      icon: "tenants",
      run: () => void navigate("/tenants"),
    },
  ]);

  return (
    <>
      <PageHeader
        title="Hierarchy"
        meta={
          rows !== undefined && <span>{grouped(rows.length)} tenants by provider and region</span>
        }
        actions={
          <Button leftSection={<Icon name="tenants" />} onClick={() => void navigate("/tenants")}>
            Table of tenants
          </Button>
        }
      />
      <PageBody flush>
        {tenants.error !== null && rows === undefined ? (
          <div className={shared.notice}>
            <ErrorNotice failure={failureOf(tenants.error)} retry={() => void tenants.refetch()} />
          </div>
        ) : rows?.length === 0 ? (
          <EmptyState action={<Link to="/onboarding">Onboard the first tenant</Link>}>
            There is no tenant yet. Each will have a cell here, coloured by its state.
          </EmptyState>
        ) : (
          <div className={shared.split}>
            <div className={shared.main}>
              <MapLegend someShared={regions?.some(isShared) ?? false} />
              <div className={classes.regions}>
                {regions === undefined ? (
                  <Skeleton height="100%" />
                ) : (
                  regions.map((region) => (
                    <RegionMap
                      key={region.id}
                      region={region}
                      selected={region.id === selected}
                      onSelect={select}
                      onOpen={open}
                    />
                  ))
                )}
              </div>
            </div>
            <TenantsList spots={spots} region={selected} onOpen={open} />
          </div>
        )}
      </PageBody>
    </>
  );
}

const isShared = ({ cells }: ReturnType<typeof regionsOf>[number]): boolean =>
  cells.some(({ spots }) => spots.length > 1);
