import { Link } from "react-router";
import {
  ageTone,
  Badge,
  EmptyState,
  grouped,
  KeyChip,
  Meter,
  Panel,
  providerName,
  StateBadge,
  TimeText,
  useNow,
} from "@/design";
import { ageOf, counted } from "@/pages/hierarchy/words";
import type { HierarchyView, RootKeyNode } from "@/pages/hierarchy/queries";
import classes from "./tenants.module.css";

/** The tenant's root keys with what each version wraps, and how each came to its state. */
export function RootKeys({ of: found }: { readonly of: HierarchyView }) {
  const { tenant, root_keys: rootKeys, quarantine } = found;
  if (rootKeys.length === 0) {
    return (
      <Panel title="Root keys">
        <EmptyState
          action={
            <Link className="link" to={`/onboarding/${encodeURIComponent(tenant.id)}`}>
              Go on with its onboarding
            </Link>
          }
        >
          It has no root key yet, so nothing can be encrypted for it.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <div className={classes.columns}>
      <div className={classes.stack}>
        <Panel
          title="Root keys"
          note={counted(rootKeys.length, "key")}
          end={<Link to={`/hierarchy/${encodeURIComponent(tenant.id)}`}>as a graph</Link>}
          flush
        >
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Root key</th>
                <th scope="col">State</th>
                <th scope="col">Versions</th>
                <th scope="col">Age</th>
                <th scope="col">Next due</th>
              </tr>
            </thead>
            <tbody>
              {rootKeys.map((node) => (
                <RootKeyRow key={node.key.id} node={node} />
              ))}
            </tbody>
          </table>
        </Panel>
        {quarantine.length > 0 && <Quarantined of={quarantine} />}
      </div>
      <Transitions of={rootKeys} />
    </div>
  );
}

function RootKeyRow({ node }: { readonly node: RootKeyNode }) {
  const { key, versions } = node;
  return (
    <tr>
      <td>
        <div className={classes.versions}>
          <span>
            <b className="mono">{key.id}</b>{" "}
            <span className="muted">
              {key.custody}, {providerName(key.provider)}
            </span>
          </span>
          {key.references.map(({ region, reference }) => (
            <span key={region} className="row">
              <KeyChip value={reference} provider={key.provider} longest={24} />
              <span className="muted tiny">{region}</span>
            </span>
          ))}
        </div>
      </td>
      <td>
        <div className={classes.versions}>
          <StateBadge quiet state={key.state} />
          {!key.proven && <span className="muted tiny">not proven yet</span>}
        </div>
      </td>
      <td>
        <div className={classes.versions}>
          {versions.map((version) => (
            <span key={version.version} className={version.stale ? classes.changed : undefined}>
              {version.current ? <b>{version.version}</b> : version.version}:{" "}
              {counted(version.data_keys, "data key")}
              {version.stale && version.data_keys > 0 && ", to rewrap"}
            </span>
          ))}
        </div>
      </td>
      <td>
        <Age of={node} />
      </td>
      <td>{node.due_at === null ? "–" : <TimeText value={node.due_at} form="date" />}</td>
    </tr>
  );
}

function Age({ of: { version_since, due_at } }: { readonly of: RootKeyNode }) {
  const age = ageOf(version_since, due_at, useNow());
  if (age === null) return <span className="muted">–</span>;
  const tone = ageTone(age.share);
  return (
    <span className="row" title={age.words}>
      <span style={{ width: 40 }}>
        <Meter decorative height={4} total={1} parts={[{ value: age.share, tone, label: "age" }]} />
      </span>
      {age.words}
    </span>
  );
}

/** All keys' dated states, the newest first. */
function Transitions({ of: rootKeys }: { readonly of: readonly RootKeyNode[] }) {
  const all = rootKeys
    .flatMap(({ key, transitions }) => transitions.map((one) => ({ ...one, number: key.number })))
    .sort((a, b) => b.at.localeCompare(a.at));
  return (
    <Panel title="How they came to their state" note="newest first" flush>
      <table className={classes.table}>
        <tbody>
          {all.map((one) => (
            <tr key={`${String(one.number)} ${one.at} ${one.to}`}>
              <td>
                <div className={classes.versions}>
                  <span className="row">
                    <span className="muted">key {grouped(one.number)}</span>
                    <StateBadge quiet state={one.to} title={`from ${one.from}`} />
                    <span className="end muted">
                      <TimeText value={one.at} />
                    </span>
                  </span>
                  <span className="muted tiny">{one.reason}</span>
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Quarantined({ of: quarantine }: { readonly of: HierarchyView["quarantine"] }) {
  return (
    <Panel title="Quarantined data keys" note="a rewrap couldn’t move them" flush>
      <table className={classes.table}>
        <tbody>
          {quarantine.map((one) => (
            <tr key={one.key}>
              <td>
                <KeyChip value={one.key} longest={34} />
              </td>
              <td>
                <Badge quiet tone="attention" icon="quarantine">
                  {one.code}
                </Badge>
              </td>
              <td>{one.reason}</td>
              <td className="muted">{counted(one.attempts, "attempt")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
