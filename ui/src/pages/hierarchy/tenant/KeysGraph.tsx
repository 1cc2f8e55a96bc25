import "@xyflow/react/dist/base.css";
import { useElementSize } from "@mantine/hooks";
import { Controls, ReactFlow } from "@xyflow/react";
import { type FocusEvent, type KeyboardEvent, useMemo, useState } from "react";
import { type Graph, type GraphNode, litWith, rootKeyId } from "./graph";
import { type Layout, layoutOf, WIDTHS } from "./layout";
import { edgeTypes, type LinkEdge } from "./LinkLine";
import { type HeadNode, nodeTypes, type SubjectNode } from "./nodes";
import { nameOf } from "./names";
import classes from "./graph.module.css";

interface KeysGraphProps {
  readonly graph: Graph;
  /** The number of the root key beside the graph. */
  readonly selected: number | undefined;
  readonly onOpen: (node: GraphNode) => void;
}

const HEADS = ["Root keys", "Versions", "Data keys by dataset", "Objects"] as const;
const PADDING = { x: 16, top: 34, bottom: 16 };

/** The keys as a graph: everything under what is pointed at or has the focus is lit. */
export function KeysGraph({ graph, selected, onOpen }: KeysGraphProps) {
  const { ref, width, height } = useElementSize();
  const [pointed, setPointed] = useState<string | null>(null);
  const layout = useMemo(
    () => (width > 0 ? layoutOf(graph, width - 2 * PADDING.x) : null),
    [graph, width],
  );
  const lit = useMemo(() => (pointed === null ? null : litWith(graph, pointed)), [graph, pointed]);
  const nodes = useMemo(
    () => (layout === null ? [] : nodesOf(graph, layout, selected, lit)),
    [graph, layout, selected, lit],
  );
  const edges = useMemo(
    () => (layout === null ? [] : edgesOf(graph, layout, lit)),
    [graph, layout, lit],
  );
  const open = (id: string | undefined) => {
    const node = graph.nodes.find((one) => one.id === id);
    if (node !== undefined) onOpen(node);
  };
  return (
    <div ref={ref} className={classes.graph}>
      {layout !== null && (
        <ReactFlow<SubjectNode | HeadNode, LinkEdge>
          key={layout.columns.join(" ")}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          defaultViewport={startOf(layout, width, height)}
          minZoom={0.2}
          maxZoom={2}
          panOnScroll
          zoomOnDoubleClick={false}
          onlyRenderVisibleElements={graph.nodes.length > 150}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, { id }) => open(id)}
          onNodeMouseEnter={(_, { id }) => setPointed(id)}
          onNodeMouseLeave={() => setPointed(null)}
          aria-label="Keys as they hang together"
          onFocus={(event: FocusEvent) => setPointed(nodeAt(event.target) ?? null)}
          onBlur={() => setPointed(null)}
          onKeyDownCapture={(event: KeyboardEvent) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            open(nodeAt(event.target));
          }}
        >
          <Controls showInteractive={false} orientation="horizontal" />
        </ReactFlow>
      )}
    </div>
  );
}

/** The node of an element of the graph. */
function nodeAt(element: EventTarget): string | undefined {
  const node = element instanceof Element ? element.closest(".react-flow__node") : null;
  return node?.getAttribute("data-id") ?? undefined;
}

/** All of it, where it fits; else from its top on, as wide as its place. */
function startOf(layout: Layout, width: number, height: number) {
  const wide = (layout.columns.at(-1) ?? 0) + (WIDTHS.at(-1) ?? 0);
  const zoom = Math.min(1, (width - 2 * PADDING.x) / wide);
  const free = height - PADDING.top - PADDING.bottom - layout.height * zoom;
  return {
    x: Math.max(PADDING.x, (width - wide * zoom) / 2),
    y: PADDING.top + Math.max(0, free / 2),
    zoom,
  };
}

function nodesOf(
  graph: Graph,
  layout: Layout,
  selected: number | undefined,
  lit: ReadonlySet<string> | null,
): (SubjectNode | HeadNode)[] {
  const heads = HEADS.map((title, layer): HeadNode => ({
    id: `head ${layer}`,
    type: "head",
    position: { x: layout.columns[layer] ?? 0, y: -26 },
    data: { title },
    focusable: false,
    selectable: false,
  }));
  const mine = selected === undefined ? undefined : rootKeyId(selected);
  const subjects = graph.nodes.map((node): SubjectNode => {
    const at = layout.nodes.get(node.id) ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      id: node.id,
      type: "subject",
      position: { x: at.x, y: at.y },
      width: at.width,
      height: at.height,
      data: {
        subject: node.subject,
        selected: node.id === mine,
        dim: lit !== null && !lit.has(node.id),
      },
      focusable: node.layer !== 3,
      ariaRole: node.subject.kind === "dataset" ? "link" : node.layer === 3 ? "group" : "button",
      ariaLabel: nameOf(node.subject),
    };
  });
  return [...heads, ...subjects];
}

function edgesOf(graph: Graph, layout: Layout, lit: ReadonlySet<string> | null): LinkEdge[] {
  return graph.links.flatMap((link): LinkEdge[] => {
    const route = layout.links.get(link.id);
    if (route === undefined) return [];
    const isLit = lit?.has(link.id) ?? false;
    return [
      {
        id: link.id,
        type: "link",
        source: link.from,
        target: link.to,
        data: {
          ...route,
          keys: link.keys,
          stale: link.stale,
          lit: isLit,
          dim: lit !== null && !isLit,
        },
      },
    ];
  });
}
