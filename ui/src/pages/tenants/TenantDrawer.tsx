import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import {
  bytes,
  Drawer,
  DrawerSection,
  ErrorNotice,
  Facts,
  grouped,
  Icon,
  KeyChip,
  Keys,
  Notice,
  OutcomeBadge,
  providerName,
  StateBadge,
  stateShown,
  TimeText,
  useNow,
} from "@/design";
import { call, commands, failureOf, keys, type TenantRow } from "@/ipc";
import { noFilter } from "@/pages/audit/filter";
import { ageOf, dueIn } from "@/pages/rotation/age";
import { notServed } from "./words";
import classes from "./tenants.module.css";

/** How many records of it are shown. */
const LATEST = 6;

/** A tenant in short: what is wrong first, then the facts. */
export function TenantDrawer({ row, onClose }: { row: TenantRow; onClose: () => void }) {
  const navigate = useNavigate();
  const wrong = notServed(row);
  const { root_key: key } = row;
  const id = encodeURIComponent(row.id);
  const age = ageOf(row, useNow());
  return (
    <Drawer
      title={row.display_name === "" ? row.id : row.display_name}
      badge={<StateBadge state={row.state} />}
      onClose={onClose}
      footer={
        <>
          <Button
            onClick={() => void navigate(`/tenants/${id}`)}
            rightSection={<Keys keys="Enter" />}
          >
            Open
          </Button>
          <Button
            leftSection={<Icon name="hierarchy" />}
            onClick={() => void navigate(`/hierarchy/${id}`)}
          >
            Hierarchy
          </Button>
        </>
      }
    >
      <DrawerSection>
        {key !== null && (
          <div>
            <KeyChip value={key.reference ?? key.id} provider={key.provider} />
          </div>
        )}
        {wrong !== null && (
          <Notice
            tone={stateShown(row.state).tone}
            icon={stateShown(row.state).icon}
            title={
              <>
                {row.state} since <TimeText value={row.state_since} />
              </>
            }
          >
            {wrong}
          </Notice>
        )}
        <Facts
          facts={[
            [
              "Id",
              <span key="id" className="mono">
                {row.id}
              </span>,
            ],
            ["Custody", key && `${key.custody}, ${providerName(key.provider)}`],
            ["Regions", key?.regions.join(", ")],
            ["Root key", key && `${key.state}, version ${String(key.version)}`],
            [
              "Rotation",
              age && `${String(age.days)} of ${String(age.period)} days, due ${dueIn(age)}`,
            ],
            ["Data keys", grouped(row.data_keys)],
            ["To rewrap", row.stale_data_keys > 0 && grouped(row.stale_data_keys)],
            ["Quarantined", row.quarantined > 0 && grouped(row.quarantined)],
            ["Datasets", grouped(row.datasets)],
            ["Sidecars behind", row.stale_sidecars > 0 && grouped(row.stale_sidecars)],
            ["Objects", `${grouped(row.objects)}, ${bytes(row.object_bytes)}`],
          ]}
        />
      </DrawerSection>
      <Latest tenant={row.id} />
    </Drawer>
  );
}

function Latest({ tenant }: { readonly tenant: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: keys.audit.live("latest", tenant),
    queryFn: () => call(commands.auditQuery({ ...noFilter, tenant }, { from: "newest" }, LATEST)),
    placeholderData: keepPreviousData,
  });
  return (
    <DrawerSection title="Latest in its log">
      {error !== null && <ErrorNotice failure={failureOf(error)} retry={() => void refetch()} />}
      <ul className={classes.latest}>
        {data?.records.map((record) => (
          <li key={record.seq}>
            <Link to={`/audit/${String(record.seq)}?tenant=${encodeURIComponent(tenant)}`}>
              <TimeText value={record.time} />
              <span className="clip">{record.action}</span>
              <OutcomeBadge quiet outcome={record.outcome} title={record.code ?? ""} />
            </Link>
          </li>
        ))}
      </ul>
      <Link className="link small" to={`/audit?tenant=${encodeURIComponent(tenant)}`}>
        all of it
      </Link>
    </DrawerSection>
  );
}
