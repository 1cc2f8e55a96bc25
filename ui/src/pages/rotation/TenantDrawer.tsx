import { useQuery } from "@tanstack/react-query";
import { Drawer, DrawerSection, ErrorNotice, StateBadge } from "@/design";
import { call, commands, failureOf, keys, type TenantRow } from "@/ipc";
import { DatasetKeys } from "./DatasetKeys";
import { PeriodForm } from "./PeriodForm";
import { RewrapSection } from "./RewrapSection";
import { RotateForm } from "./RotateForm";

interface TenantDrawerProps {
  readonly row: TenantRow;
  readonly onClose: () => void;
  readonly onStarted: () => void;
}

/** Everything about a tenant's rotation. */
export function TenantDrawer({ row, onClose, onStarted }: TenantDrawerProps) {
  const detail = useQuery({
    queryKey: keys.tenants.one(row.id),
    queryFn: () => call(commands.tenantShow(row.id)),
  });
  return (
    <Drawer title={row.display_name} badge={<StateBadge state={row.state} />} onClose={onClose}>
      {detail.error !== null && (
        <ErrorNotice failure={failureOf(detail.error)} retry={() => void detail.refetch()} />
      )}
      <DrawerSection title="Root key">
        <RotateForm row={row} keys={detail.data?.root_keys ?? []} />
      </DrawerSection>
      <DrawerSection title="Rewrap">
        <RewrapSection row={row} quarantine={detail.data?.quarantine ?? []} onStarted={onStarted} />
      </DrawerSection>
      <DrawerSection title="Period">
        <PeriodForm
          key={row.rotation_days}
          tenant={row.id}
          days={row.rotation_days}
          own={row.rotation_days_own}
          rows={[row]}
        />
      </DrawerSection>
      <DrawerSection title="Data keys">
        <DatasetKeys tenant={row.id} datasets={detail.data?.datasets ?? []} />
      </DrawerSection>
    </Drawer>
  );
}
