import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { bytes, duration, grouped, Icon, KeyChip, Meter, StateBadge, TimeText } from "@/design";
import { useRewraps, useRole } from "@/ipc";
import { type HierarchyView, type RootKeyNode, useBlastRadius } from "../queries";
import { counted } from "../words";
import { hangingOn, namesOf } from "./consequences";
import { Measured } from "./Measured";
import classes from "./panel.module.css";

interface RootKeyPanelProps {
  readonly view: HierarchyView;
  readonly root: RootKeyNode;
}

/** One root key: what stops if it goes, when, what is still under an old version, what stays readable. */
export function RootKeyPanel({ view, root }: RootKeyPanelProps) {
  const navigate = useNavigate();
  const tenant = view.tenant.id;
  const administrator = useRole()?.kind === "administrator";
  const hanging = hangingOn(view, root);
  const { key } = root;
  const page = `/tenants/${encodeURIComponent(tenant)}`;
  const number = (value: number, to = page) => <Link to={to}>{grouped(value)}</Link>;
  const cachedUntil = hanging.cachedUntil;
  return (
    <aside className={classes.panel} aria-label={`Root key ${key.number}`}>
      <div className={classes.body}>
        <section>
          <div className={classes.title}>
            <h2>Root key {key.number}</h2>
            <StateBadge state={key.state} />
          </div>
          {key.references.map(({ region, reference }) => (
            <div key={region} className={classes.reference}>
              <KeyChip value={reference} provider={key.provider} />
              <span className="muted small">{region}</span>
            </div>
          ))}
        </section>
        <Section title="If this root key goes, this stops">
          <dl className={classes.counts}>
            <Fact name="Datasets">
              {number(hanging.datasets.length)} of {grouped(view.datasets.length)}
            </Fact>
            <Fact name="Data keys">{number(hanging.dataKeys)}</Fact>
            <Fact name="Objects of those datasets">{number(hanging.objects)}</Fact>
            <Fact name="Their plaintext">{bytes(hanging.bytes)}</Fact>
            <Fact name="Their data keys in memory now">{grouped(hanging.cached)}</Fact>
          </dl>
          {cachedUntil !== null && (
            <p className="muted small">
              Where its provider can’t be reached, those may serve until{" "}
              <TimeText value={cachedUntil} />.
            </p>
          )}
        </Section>
        <Section title="When: measured">
          <Measured tenant={tenant} />
        </Section>
        {hanging.dataKeys > 0 && <Stale view={view} root={root} />}
        <Section title="Stays readable">
          <Readable view={view} untouched={hanging.untouched} />
        </Section>
      </div>
      {administrator && (
        <footer className={classes.foot}>
          <Button
            leftSection={<Icon name="rotation" />}
            onClick={() => void navigate(`/rotation?tenant=${encodeURIComponent(tenant)}`)}
          >
            Plan rotation
          </Button>
          <Button
            variant="danger"
            leftSection={<Icon name="revocation" />}
            onClick={() => void navigate(`/revocation/${encodeURIComponent(tenant)}`)}
          >
            Revoke…
          </Button>
        </footer>
      )}
    </aside>
  );
}

/** What is still under an old version, and whether a job is moving it. */
function Stale({ view, root }: RootKeyPanelProps) {
  const { stale, staleVersions, dataKeys } = hangingOn(view, root);
  const tenant = view.tenant.id;
  const job = useRewraps().data?.find((one) => one.tenant === tenant && one.state === "running");
  const versions = staleVersions.length === 1 ? "version" : "versions";
  const title =
    stale === 0
      ? "Nothing under an old version"
      : `Still wrapped under ${versions} ${namesOf(staleVersions.map(String))}`;
  return (
    <Section title={title}>
      <p>
        <b>{grouped(stale)}</b>{" "}
        <span className="muted">of {counted(dataKeys, "data key")} under it</span>
      </p>
      <Meter
        decorative
        parts={[
          { value: dataKeys - stale, tone: "active", label: "current" },
          { value: stale, tone: "attention", label: "old" },
        ]}
      />
      {job !== undefined && (
        <p className="muted small">
          <Link to="/rotation">A rewrap</Link> has moved {grouped(job.progress.rewrapped)} of{" "}
          {grouped(job.progress.total)}
          {job.progress.remaining_seconds !== null &&
            `, ${duration(job.progress.remaining_seconds)} left`}
          .
        </p>
      )}
      {view.quarantine.length > 0 && (
        <p className={classes.toned} data-tone="attention">
          <Link to="/rotation">{counted(view.quarantine.length, "data key")} quarantined</Link>
        </p>
      )}
      {stale > 0 && (
        <p className="muted small">
          {stale === 1 ? "It is" : "They are"} lost with the old version if that is destroyed before
          a rewrap.
        </p>
      )}
    </Section>
  );
}

function Readable({
  view,
  untouched,
}: {
  readonly view: HierarchyView;
  readonly untouched: readonly string[];
}) {
  const behind = useBlastRadius(view.tenant.id).data?.stale_sidecars ?? [];
  return (
    <>
      <p className={classes.soft}>
        {untouched.length > 0 && `${namesOf(untouched)}: no data key of theirs is under it. `}
        Whoever holds the root key can open everything from the sidecars, without Keyward.
      </p>
      {behind.length > 0 && (
        <p className="muted small">
          Not in them yet: what changed in {namesOf(behind)} since its sidecar was written.
        </p>
      )}
    </>
  );
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className={classes.section}>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
