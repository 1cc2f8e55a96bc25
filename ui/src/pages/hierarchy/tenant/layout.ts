/** Where each node stands and how each link runs. Dagre orders the layers; their columns are given. */
import { Graph as Layers, layout as layered } from "@dagrejs/dagre";
import { groupBy } from "../groups";
import { type Graph, type GraphNode, MORE, MORE_OBJECTS } from "./graph";

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Routed {
  readonly path: string;
  readonly width: number;
}

export interface Layout {
  readonly nodes: ReadonlyMap<string, Placed>;
  readonly links: ReadonlyMap<string, Routed>;
  /** Where each layer begins. */
  readonly columns: readonly number[];
  readonly height: number;
}

/** The widths of the four layers. */
export const WIDTHS = [164, 140, 188, 116] as const;
const GAPS = { least: 48, most: 150 };
/** Between two nodes of a layer. */
const GAP = 14;
const THINNEST = 1.4;
const THICKEST = 8;

/** Lays a graph out for a place so wide. */
export function layoutOf(graph: Graph, wide: number): Layout {
  const free = wide - WIDTHS.reduce((sum, width) => sum + width, 0);
  const gap = Math.min(Math.max(free / (WIDTHS.length - 1), GAPS.least), GAPS.most);
  const columns = WIDTHS.map((_, layer) =>
    WIDTHS.slice(0, layer).reduce((sum, width) => sum + width + gap, 0),
  );
  const nodes = placed(graph, columns);
  const height = [...nodes.values()].reduce((most, at) => Math.max(most, at.y + at.height), 0);
  return { nodes, links: routed(graph, nodes), columns, height };
}

function heightOf({ subject }: GraphNode): number {
  switch (subject.kind) {
    case "root-key":
      return 64;
    case "dataset":
      return subject.node.stale_data_keys + subject.quarantined > 0 ? 68 : 46;
    case "version":
    case "versions":
    case "datasets":
      return 46;
    case "objects":
      return 36;
  }
}

/** An invisible node above all others gives every layer its rank, whatever hangs together. */
const ABOVE = "above";

function placed(graph: Graph, columns: readonly number[]): ReadonlyMap<string, Placed> {
  const layers = new Layers();
  layers.setGraph({ rankdir: "LR", nodesep: GAP, edgesep: 4, ranksep: 40 });
  layers.setDefaultEdgeLabel(() => ({}));
  layers.setNode(ABOVE, { width: 1, height: 1 });
  for (const node of graph.nodes) {
    layers.setNode(node.id, { width: WIDTHS[node.layer], height: heightOf(node) });
  }
  const reached = new Set<string>();
  for (const link of graph.links) {
    layers.setEdge(link.from, link.to, { weight: link.keys === null ? 8 : 1, minlen: 1 });
    reached.add(link.to);
  }
  for (const node of graph.nodes) {
    if (!reached.has(node.id))
      layers.setEdge(ABOVE, node.id, { weight: 1, minlen: node.layer + 1 });
  }
  layered(layers);
  const places = new Map<string, Placed>();
  for (const node of graph.nodes) {
    const at = layers.node(node.id) as { readonly y?: number };
    const height = heightOf(node);
    const y = (at.y ?? 0) - height / 2;
    places.set(node.id, { x: columns[node.layer] ?? 0, y, width: WIDTHS[node.layer], height });
  }
  sinkMore(places);
  const top = [...places.values()].reduce((least, at) => Math.min(least, at.y), Infinity);
  for (const [id, at] of places) places.set(id, { ...at, y: at.y - top });
  return places;
}

/** What gathers the rest stands below everything: it is the end of the list. */
function sinkMore(places: Map<string, Placed>): void {
  const more = places.get(MORE);
  const objects = places.get(MORE_OBJECTS);
  if (more === undefined || objects === undefined) return;
  const column = [...places.values()].filter(({ x }) => x === more.x);
  const below = column.filter(({ y }) => y > more.y);
  if (below.length === 0) return;
  const raised = more.height + GAP;
  const bottom = Math.max(...below.map(({ y, height }) => y + height));
  for (const [id, at] of places) {
    if (
      (at.x === more.x || at.x === objects.x) &&
      at.y > more.y + more.height / 2 - at.height / 2
    ) {
      places.set(id, { ...at, y: at.y - raised });
    }
  }
  const y = bottom - more.height;
  places.set(MORE, { ...more, y });
  places.set(MORE_OBJECTS, { ...objects, y: y + (more.height - objects.height) / 2 });
}

/** Links leave and reach a side beside each other, in the order of their other ends. */
function routed(graph: Graph, nodes: ReadonlyMap<string, Placed>): ReadonlyMap<string, Routed> {
  const most = graph.links.reduce((max, { keys }) => Math.max(max, keys ?? 0), 1);
  const widths = new Map(
    graph.links.map(({ id, keys }) => [
      id,
      keys === null ? 1.2 : THINNEST + (THICKEST - THINNEST) * Math.sqrt(keys / most),
    ]),
  );
  const middle = (id: string) => {
    const at = nodes.get(id);
    return at === undefined ? 0 : at.y + at.height / 2;
  };
  const ports = (side: "from" | "to", other: "from" | "to") => {
    const at = new Map<string, number>();
    for (const [id, links] of groupBy(graph.links, (link) => link[side])) {
      const order = links.toSorted((a, b) => middle(a[other]) - middle(b[other]));
      const whole = order.reduce((sum, link) => sum + (widths.get(link.id) ?? 0) + 1, -1);
      const room = (nodes.get(id)?.height ?? 0) - 8;
      const scale = whole > room ? room / whole : 1;
      let y = middle(id) - (whole * scale) / 2;
      for (const link of order) {
        const width = widths.get(link.id) ?? 0;
        at.set(link.id, y + (width * scale) / 2);
        y += (width + 1) * scale;
      }
    }
    return at;
  };
  const leaves = ports("from", "to");
  const reaches = ports("to", "from");
  const routes = new Map<string, Routed>();
  for (const link of graph.links) {
    const from = nodes.get(link.from);
    const to = nodes.get(link.to);
    if (from === undefined || to === undefined) continue;
    const [x, end] = [from.x + from.width, to.x];
    const [y, down] = [leaves.get(link.id) ?? 0, reaches.get(link.id) ?? 0];
    const bend = (end - x) / 2;
    const path = `M${x} ${y}C${x + bend} ${y} ${end - bend} ${down} ${end} ${down}`;
    routes.set(link.id, { path, width: widths.get(link.id) ?? 1 });
  }
  return routes;
}
