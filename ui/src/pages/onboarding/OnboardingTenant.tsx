import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import {
  ErrorNotice,
  Icon,
  KeyChip,
  Notice,
  PageBody,
  PageHeader,
  Panel,
  providerName,
  StateBadge,
} from "@/design";
import { call, commands, failureOf, keys, type RootKeyItem, useTenants } from "@/ipc";
import { usePaletteActions } from "@/palette";
import { usePageReady } from "@/shell/use-page-ready";
import { ChallengePanel } from "./ChallengePanel";
import { useDraft, useRecognised } from "./draft";
import { KeyStep } from "./KeyStep";
import { LocalKey } from "./LocalKey";
import { Policy } from "./Policy";
import { Rail } from "./Rail";
import { isUnderWay, standingOf } from "./stage";
import classes from "./onboarding.module.css";

/** A tenant's onboarding: where it stands is the engine's, so that it can be left at any time. */
export function OnboardingTenant({ tenant }: { readonly tenant: string }) {
  const navigate = useNavigate();
  const [another, setAnother] = useState(false);
  const [draft, setDraft] = useDraft(tenant);
  const typed = useRecognised(draft[0] ?? "");
  const rows = useTenants().data;
  const row = rows?.find(({ id }) => id === tenant);
  const detail = useQuery({
    queryKey: keys.tenants.one(tenant),
    queryFn: () => call(commands.tenantShow(tenant)),
  });
  usePaletteActions([
    {
      id: "another key",
      title: "Register another root key",
      icon: "key",
      run: () => setAnother(true),
    },
  ]);
  usePageReady(detail.data !== undefined && rows !== undefined);
  const data = detail.data;
  if (data === undefined) {
    return (
      <>
        <PageHeader title={tenant} parent={{ title: "Onboarding", to: "/onboarding" }} />
        <PageBody>
          {detail.error !== null && (
            <ErrorNotice failure={failureOf(detail.error)} retry={() => void detail.refetch()} />
          )}
        </PageBody>
      </>
    );
  }
  const standing = standingOf(data, row?.challenge ?? null, another);
  const { stage, key } = standing;
  const name = data.tenant.display_name;
  const registered = data.root_keys.length > 0;
  const references =
    stage === "key"
      ? typed?.reference == null
        ? []
        : [
            typed.reference,
            ...draft
              .slice(1)
              .map((one) => one.trim())
              .filter((one) => one !== ""),
          ]
      : (key?.references.map((one) => one.reference) ?? []);
  return (
    <>
      <PageHeader
        title={name}
        parent={{ title: "Onboarding", to: "/onboarding" }}
        meta={
          <>
            <StateBadge state={data.tenant.state} />
            <span>where it stands is kept: it can be left and taken up again</span>
          </>
        }
        actions={
          registered && (
            <Button onClick={() => setAnother(!another)}>
              {another ? "Back to the registered key" : "Register another key"}
            </Button>
          )
        }
      />
      <PageBody flush>
        <div className={classes.wizard}>
          <Rail
            stage={stage}
            rootKey={key === null ? null : `${key.id}, ${providerName(key.provider)}`}
            challenge={standing.challenge?.state ?? null}
            others={rows?.filter((one) => one.id !== tenant && isUnderWay(one)) ?? []}
          />
          <div className={classes.work}>
            {stage === "key" && (
              <KeyStep
                tenant={tenant}
                references={draft}
                onReferences={setDraft}
                onRegistered={() => setAnother(false)}
              />
            )}
            {key !== null && (
              <Registered rootKey={key} tenant={tenant} unproven={stage !== "done"} />
            )}
            {stage === "challenge" && key !== null && (
              <ChallengePanel tenant={tenant} rootKey={key} challenge={standing.challenge} />
            )}
            {stage === "done" && key !== null && (
              <Notice
                tone="active"
                icon="active"
                title={
                  key.state === "active"
                    ? `${key.id} is proven, and ${name} is ${data.tenant.state}`
                    : `${key.id} is proven, and waits to be rotated to`
                }
                action={
                  <Button
                    size="compact-xs"
                    leftSection={<Icon name="right" size={12} />}
                    onClick={() =>
                      void navigate(
                        key.state === "active"
                          ? `/tenants/${encodeURIComponent(tenant)}`
                          : `/rotation?tenant=${encodeURIComponent(tenant)}`,
                      )
                    }
                  >
                    {key.state === "active" ? "Make its datasets" : "Rotate to it"}
                  </Button>
                }
              >
                The tenant’s challenge was answered, and both probes passed: the key opens in {name}
                ’s context, and in no other.
              </Notice>
            )}
          </div>
          <Policy tenant={tenant} references={references} />
        </div>
      </PageBody>
    </>
  );
}

interface RegisteredProps {
  readonly rootKey: RootKeyItem;
  readonly tenant: string;
  readonly unproven: boolean;
}

/** The root key that is registered. */
function Registered({ rootKey, tenant, unproven }: RegisteredProps) {
  const first = rootKey.references[0]?.reference;
  return (
    <Panel
      title="Root key"
      note={`${rootKey.id}, version ${String(rootKey.version)}, ${rootKey.custody}`}
      end={<StateBadge state={rootKey.state} quiet />}
    >
      <div className={classes.form}>
        {rootKey.references.map((one) => (
          <div key={one.region} className="row">
            <KeyChip value={one.reference} provider={rootKey.provider} longest={40} />
            <span className={classes.region}>{one.region}</span>
          </div>
        ))}
        {unproven && rootKey.provider === "local" && first !== undefined && (
          <LocalKey tenant={tenant} reference={first} />
        )}
      </div>
    </Panel>
  );
}
