import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import {
  ErrorNotice,
  Icon,
  KeyChip,
  Notice,
  PageBody,
  PageHeader,
  StateBadge,
  TimeText,
} from "@/design";
import { call, commands, failureOf, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { BlastRadius } from "./BlastRadius";
import { placeOf } from "./consequences";
import { MeasuredTimeline } from "./MeasuredTimeline";
import { useBlastRadius, useRevocations, useRevocationsOf } from "./queries";
import { Recovery } from "./Recovery";
import { type How, RevokeForm } from "./RevokeForm";
import { useRun } from "./run";
import { RunPanel } from "./RunPanel";
import classes from "./revocation.module.css";

/** How many measured runs stand on one scale. */
const COMPARED = 4;

/** A tenant's kill switch: what it would lock, pulling it, its time line, and the way back. */
export function RevocationTenant({ tenant }: { readonly tenant: string }) {
  const navigate = useNavigate();
  const row = useTenants().data?.find(({ id }) => id === tenant);
  const name = row?.display_name ?? tenant;
  const radius = useBlastRadius(tenant);
  const own = useRevocationsOf(tenant);
  const all = useRevocations();
  const run = useRun(tenant);
  const [how, setHow] = useState<How>("revoke");
  const restore = useMutation({
    mutationFn: (atProvider: boolean) => call(commands.tenantRestore(tenant, atProvider)),
  });
  usePaletteActions([
    {
      id: "tenant page",
      title: `Open ${name}’s page`,
      icon: "tenants",
      run: () => void navigate(`/tenants/${encodeURIComponent(tenant)}`),
    },
  ]);

  const data = radius.data;
  usePageReady(data !== undefined && own.data !== undefined);
  const key = data?.root_keys.find((one) => one.is_disabled_with);
  const place = placeOf(key);
  const locked = data?.state === "revoked" || data?.state === "suspended";
  const others = all.data?.filter((line) => line.tenant !== tenant) ?? [];
  const lines = [...(own.data ?? []), ...others].slice(0, COMPARED);
  const last = own.data?.[0];
  const failure = radius.error ?? own.error;
  const reference = row?.root_key;
  return (
    <>
      <PageHeader
        title={name}
        parent={{ title: "Revocation", to: "/revocation" }}
        meta={
          row !== undefined && (
            <>
              <StateBadge state={row.state} />
              {row.state_code !== null && <code className="small">{row.state_code}</code>}
              {reference?.reference != null && (
                <KeyChip value={reference.reference} provider={reference.provider} />
              )}
              {reference?.custody}
              <span>
                since <TimeText value={row.state_since} />
              </span>
            </>
          )
        }
        actions={
          <Button onClick={() => void navigate(`/tenants/${encodeURIComponent(tenant)}`)}>
            {name}’s page
          </Button>
        }
      />
      <PageBody>
        {failure !== null && (
          <ErrorNotice
            failure={failureOf(failure)}
            retry={() => {
              void radius.refetch();
              void own.refetch();
            }}
          />
        )}
        {restore.isSuccess && !locked && (
          <Notice tone="active" icon="active" title={`${name} is restored`}>
            Its root key answered the probe: it opens in {name}’s context and in no other. Reads and
            writes are served again.
          </Notice>
        )}
        {data !== undefined && (
          <div className={classes.columns}>
            <BlastRadius radius={data} name={name} countedAt={radius.dataUpdatedAt} />
            {run !== undefined ? (
              <RunPanel title={`Revoking ${name}`} run={run} name={tenant} place={place} />
            ) : locked ? (
              <Recovery
                name={name}
                place={place}
                disabledAt={last?.restored_at === null ? last.disabled_at : null}
                mayEnable={data.may_disable === "yes" || data.may_disable === "if-allowed"}
                pending={restore.isPending}
                failure={restore.error === null ? null : failureOf(restore.error)}
                onRestore={(atProvider) => restore.mutate(atProvider)}
              />
            ) : data.state === "active" ? (
              <RevokeForm radius={data} name={name} how={how} onHow={setHow} />
            ) : (
              <Notice tone="neutral" icon="info" title={`${name} is ${data.state}`}>
                Only a tenant that is served or suspended can be revoked.
              </Notice>
            )}
          </div>
        )}
        {own.data !== undefined && (
          <MeasuredTimeline
            name={name}
            run={run}
            lines={lines}
            planned={data?.state === "active" ? { atProvider: how === "at-provider" } : undefined}
          />
        )}
        {data?.state === "suspended" && run === undefined && (
          <RevokeForm
            radius={data}
            name={name}
            how={how === "suspend" ? "revoke" : how}
            onHow={setHow}
          />
        )}
        <p className="muted small">
          <Icon name="info" size={12} /> A suspension by hand has no time line of its own; it is in
          the log.
        </p>
      </PageBody>
    </>
  );
}
