/**
 * A tenant's keys as a graph of four layers: root keys, their versions, datasets with their data
 * keys, objects. Datasets and versions beyond a number are one node, so that it stays readable.
 */
import type { DatasetNode, HierarchyView, RootKeyNode } from "../queries";

type Version = RootKeyNode["versions"][number];

/** What a node stands for. */
export type Subject =
  | { readonly kind: "root-key"; readonly node: RootKeyNode }
  | { readonly kind: "version"; readonly root: RootKeyNode; readonly version: Version }
  | { readonly kind: "versions"; readonly root: RootKeyNode; readonly versions: readonly Version[] }
  | {
      readonly kind: "dataset";
      readonly node: DatasetNode;
      /** How many of its data keys a rewrap couldn't move. */
      readonly quarantined: number;
    }
  | { readonly kind: "datasets"; readonly nodes: readonly DatasetNode[] }
  | { readonly kind: "objects"; readonly objects: number; readonly bytes: number };

export interface GraphNode {
  readonly id: string;
  /** The layer: 0 root keys, 1 versions, 2 datasets, 3 objects. */
  readonly layer: 0 | 1 | 2 | 3;
  readonly subject: Subject;
}

export interface GraphLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** How many data keys; none where it leads to objects. */
  readonly keys: number | null;
  /** They are still under an old version. */
  readonly stale: boolean;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
}

/** How many versions of one root key have a node each. */
const VERSIONS = 8;

export const rootKeyId = (number: number): string => `root-key ${number}`;
const versionId = (number: number, version: number | "older"): string =>
  `version ${number}/${version}`;
const datasetId = (name: string): string => `dataset ${name}`;
/** The node of all datasets that have none of their own, and the one of their objects. */
export const MORE = "datasets more";
export const MORE_OBJECTS = "objects more";

/** The graph of a tenant, with a node for so many datasets. */
export function graphOf(view: HierarchyView, shown: number): Graph {
  const nodes: GraphNode[] = [];
  const links = new Map<string, GraphLink>();
  const { first, rest } = ranked(view.datasets, shown);
  const own = new Set(first.map(({ dataset }) => dataset.name));
  const quarantined = quarantinedByDataset(view);

  const connect = (from: string, to: string, keys: number | null, stale: boolean) => {
    const id = `${from} > ${to}`;
    const before = links.get(id);
    const sum = keys === null ? null : keys + (before?.keys ?? 0);
    links.set(id, { id, from, to, keys: sum, stale });
  };

  for (const root of view.root_keys) {
    const id = rootKeyId(root.key.number);
    nodes.push({ id, layer: 0, subject: { kind: "root-key", node: root } });
    const versions = root.versions.toSorted((a, b) => b.version - a.version);
    const older = versions.length > VERSIONS ? versions.splice(VERSIONS - 1) : [];
    for (const version of versions) {
      const at = versionId(root.key.number, version.version);
      nodes.push({ id: at, layer: 1, subject: { kind: "version", root, version } });
    }
    const merged = versionId(root.key.number, "older");
    if (older.length > 0) {
      nodes.push({ id: merged, layer: 1, subject: { kind: "versions", root, versions: older } });
    }
    for (const version of root.versions) {
      const at = older.includes(version) ? merged : versionId(root.key.number, version.version);
      connect(id, at, version.data_keys, version.stale && version.data_keys > 0);
      for (const { dataset, data_keys } of version.datasets) {
        connect(at, own.has(dataset) ? datasetId(dataset) : MORE, data_keys, version.stale);
      }
    }
  }

  for (const node of first) {
    const { name } = node.dataset;
    const subject = { kind: "dataset", node, quarantined: quarantined.get(name) ?? 0 } as const;
    nodes.push({ id: datasetId(name), layer: 2, subject });
    nodes.push(objects(`objects ${name}`, [node]));
    connect(datasetId(name), `objects ${name}`, null, false);
  }
  if (rest.length > 0) {
    nodes.push({ id: MORE, layer: 2, subject: { kind: "datasets", nodes: rest } });
    nodes.push(objects(MORE_OBJECTS, rest));
    connect(MORE, MORE_OBJECTS, null, false);
  }
  return { nodes, links: [...links.values()] };
}

/** Everything above and below a node, and the links between: what is lit with it. */
export function litWith(graph: Graph, id: string): ReadonlySet<string> {
  const lit = new Set([id]);
  const follow = (from: "from" | "to", to: "from" | "to") => {
    const waiting = [id];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      for (const link of graph.links) {
        if (link[from] !== at) continue;
        lit.add(link.id);
        if (!lit.has(link[to])) waiting.push(link[to]);
        lit.add(link[to]);
      }
    }
  };
  follow("from", "to");
  follow("to", "from");
  return lit;
}

const objects = (id: string, of: readonly DatasetNode[]): GraphNode => ({
  id,
  layer: 3,
  subject: {
    kind: "objects",
    objects: of.reduce((sum, node) => sum + node.objects, 0),
    bytes: of.reduce((sum, node) => sum + node.bytes, 0),
  },
});

/** The datasets to show first: those with data keys under an old version, then those with the most. */
function ranked(datasets: readonly DatasetNode[], shown: number) {
  const order = datasets.toSorted(
    (a, b) =>
      b.stale_data_keys - a.stale_data_keys ||
      b.data_keys - a.data_keys ||
      a.dataset.name.localeCompare(b.dataset.name),
  );
  // One more is a node too: it can as well be that dataset.
  const count = order.length === shown + 1 ? order.length : shown;
  return { first: order.slice(0, count), rest: order.slice(count) };
}

/** Counts `dk:TENANT/DATASET/VERSION`. */
function quarantinedByDataset(view: HierarchyView): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of view.quarantine) {
    const name = /^dk:[^/]+\/(.+)\/\d+$/.exec(key)?.[1];
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
