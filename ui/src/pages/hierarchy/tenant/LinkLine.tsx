import type { Edge, EdgeProps } from "@xyflow/react";
import { memo } from "react";
import classes from "./graph.module.css";

export type LinkEdge = Edge<
  {
    readonly path: string;
    readonly width: number;
    readonly keys: number | null;
    readonly stale: boolean;
    readonly dim: boolean;
    readonly lit: boolean;
  },
  "link"
>;

/** A link: as wide as it has data keys, dashed where those are under an old version. */
const LinkLine = memo(function LinkLine({ data }: EdgeProps<LinkEdge>) {
  if (data === undefined) return null;
  const kind = data.keys === null ? "objects" : data.stale ? "stale" : "current";
  return (
    <path
      className={classes.link}
      d={data.path}
      strokeWidth={data.width}
      strokeDasharray={data.stale ? "5 3" : undefined}
      data-kind={kind}
      data-dim={data.dim || undefined}
      data-lit={data.lit || undefined}
    />
  );
});

export const edgeTypes = { link: LinkLine };
