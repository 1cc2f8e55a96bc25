/** How each node of the graph looks. */
import { Handle, type Node, type NodeProps, Position } from "@xyflow/react";
import { memo } from "react";
import {
  bytes,
  grouped,
  Icon,
  Meter,
  Ring,
  shorten,
  distinctPart,
  stateShown,
  useNow,
} from "@/design";
import { ageOf, counted, daysSince } from "../words";
import type { Subject } from "./graph";
import classes from "./graph.module.css";

export type SubjectNode = Node<
  { readonly subject: Subject; readonly selected: boolean; readonly dim: boolean },
  "subject"
>;
export type HeadNode = Node<{ readonly title: string }, "head">;

/** Links end at these; they can't be seen. */
const ends = (
  <>
    <Handle type="target" position={Position.Left} isConnectable={false} className={classes.end} />
    <Handle type="source" position={Position.Right} isConnectable={false} className={classes.end} />
  </>
);

const SubjectBox = memo(function SubjectBox({ data }: NodeProps<SubjectNode>) {
  const { subject, selected, dim } = data;
  return (
    // The node's name says it in words; what is drawn is for the eye.
    <div
      aria-hidden
      className={classes.node}
      data-kind={subject.kind}
      data-selected={selected || undefined}
      data-dim={dim || undefined}
    >
      {subject.kind !== "objects" && ends}
      <Content subject={subject} />
      {subject.kind === "objects" && ends}
    </div>
  );
});

const Head = memo(function Head({ data }: NodeProps<HeadNode>) {
  return <span className={classes.head}>{data.title}</span>;
});

export const nodeTypes = { subject: SubjectBox, head: Head };

function Content({ subject }: { readonly subject: Subject }) {
  switch (subject.kind) {
    case "root-key":
      return <RootKey subject={subject} />;
    case "version":
      return <Version subject={subject} />;
    case "versions":
      return (
        <>
          <Icon name="deactivated" size={16} />
          <span>
            <b>{counted(subject.versions.length, "older version")}</b>
            <small>
              {counted(
                subject.versions.reduce((sum, one) => sum + one.data_keys, 0),
                "data key",
              )}
            </small>
          </span>
        </>
      );
    case "dataset":
      return <Dataset subject={subject} />;
    case "datasets":
      return (
        <>
          <Icon name="plus" size={16} />
          <span>
            <b>{grouped(subject.nodes.length)} more datasets</b>
            <small>
              {counted(
                subject.nodes.reduce((sum, one) => sum + one.data_keys, 0),
                "key",
              )}{" "}
              · show more
            </small>
          </span>
        </>
      );
    case "objects":
      return (
        <>
          <Icon name="object" />
          <span>
            <b>{grouped(subject.objects)}</b>
            <small>
              {subject.objects === 1 ? "object" : "objects"} · {bytes(subject.bytes)}
            </small>
          </span>
        </>
      );
  }
}

/** Colour, icon and word of a state, small. */
function State({ state }: { readonly state: string }) {
  const { tone, word } = stateShown(state);
  return (
    <span className={classes.state} data-tone={tone}>
      {word}
    </span>
  );
}

function RootKey({ subject }: { readonly subject: Extract<Subject, { kind: "root-key" }> }) {
  const { key, version_since, due_at } = subject.node;
  const age = ageOf(version_since, due_at, useNow());
  const shown = stateShown(key.state);
  const reference = key.references[0]?.reference;
  return (
    <>
      <span className={classes.ring} data-tone={shown.tone}>
        {age !== null && <Ring share={age.share} size={32} label={`age ${age.words}`} />}
        <Icon name={shown.icon} />
      </span>
      <span className={classes.text}>
        <b>Root key {key.number}</b>
        <small>
          <State state={key.state} />
          {age !== null && ` · ${age.words}`}
        </small>
        {reference !== undefined && (
          <small className="mono">{shorten(distinctPart(reference), 19)}</small>
        )}
      </span>
    </>
  );
}

function Version({ subject }: { readonly subject: Extract<Subject, { kind: "version" }> }) {
  const { version, root } = subject;
  const shown = stateShown(version.current && !version.stale ? root.key.state : "deactivated");
  return (
    <>
      <span className={classes.state} data-tone={shown.tone}>
        <Icon name={shown.icon} size={16} />
      </span>
      <span className={classes.text}>
        <b>version {version.version}</b>
        {version.stale ? (
          <small>
            <span className={classes.state} data-tone="attention">
              old
            </span>{" "}
            · {counted(version.data_keys, "key")}
          </small>
        ) : (
          <small>current · {counted(version.data_keys, "key")}</small>
        )}
      </span>
    </>
  );
}

type InState = Extract<Subject, { kind: "dataset" }>["node"]["by_state"][number];

/** Older data keys of a dataset are deactivated once there is a newer one: that is no news. */
const usual: ReadonlySet<string> = new Set(["active", "deactivated"]);

/** The state that stands for a dataset: that of its current data key, or else of most. */
const leading = (states: readonly InState[]): InState | undefined =>
  states.find(({ state, keys }) => state === "active" && keys > 0) ??
  states.reduce<InState | undefined>(
    (most, one) => (most === undefined || one.keys > most.keys ? one : most),
    undefined,
  );

function Dataset({ subject }: { readonly subject: Extract<Subject, { kind: "dataset" }> }) {
  const { node, quarantined } = subject;
  const now = useNow();
  const lead = leading(node.by_state);
  const shown = lead === undefined ? undefined : stateShown(lead.state);
  const others = node.by_state.filter(
    (one) => one !== lead && one.keys > 0 && !usual.has(one.state),
  );
  const stale = node.stale_data_keys;
  return (
    <>
      {shown !== undefined && (
        <span className={classes.state} data-tone={shown.tone}>
          <Icon name={shown.icon} size={16} />
        </span>
      )}
      <span className={classes.text}>
        <b className="clip">
          {node.dataset.name} <i>v{node.dataset.current_version}</i>
        </b>
        <small className="clip">
          {counted(node.data_keys, "key")}
          {lead !== undefined && (
            <>
              {" · "}
              <State state={lead.state} />
            </>
          )}
          {others.map((one) => (
            <span key={one.state}>
              {", "}
              {grouped(one.keys)} <State state={one.state} />
            </span>
          ))}
          {node.newest_at !== null && ` · ${daysSince(node.newest_at, now)}`}
        </small>
        {stale + quarantined > 0 && (
          <>
            <Meter
              height={4}
              decorative
              parts={[
                { value: node.data_keys - stale, tone: "active", label: "current" },
                { value: stale, tone: "attention", label: "old" },
              ]}
            />
            <small className={classes.state} data-tone="attention">
              {grouped(stale)} under an old version
              {quarantined > 0 && `, ${grouped(quarantined)} quarantined`}
            </small>
          </>
        )}
      </span>
    </>
  );
}
