import { useState } from "react";
import { grouped, shorten } from "@/design";
import type { RecordProof } from "@/ipc";
import { BOX, type Box, proofShape } from "./proof-shape";
import classes from "./Proof.module.css";

/** A record's way to the root: each step with the side of its sibling, as Rust computed it again. */
export function Proof({ proof }: { readonly proof: RecordProof }) {
  const [all, setAll] = useState(false);
  const shape = proofShape(grouped(proof.seq), proof.path, proof.root, all);
  const { width, height } = shape;
  return (
    <div className={classes.proof}>
      <svg
        viewBox={`0 0 ${String(width)} ${String(height)}`}
        role="img"
        aria-label={`inclusion proof of record ${String(proof.seq)}: ${String(proof.path.length)} hashes from the leaf to the root, all of which agree`}
      >
        {shape.lines.map(({ from, to, way }, index) => (
          <path
            key={index}
            d={wire(from, to)}
            data-way={way || undefined}
            data-hidden={(to.kind === "root" && shape.hidden > 0) || undefined}
          />
        ))}
        {shape.boxes.map((box, index) => (
          <Hash key={index} box={box} />
        ))}
      </svg>
      <div className={classes.legend}>
        <i data-kind="computed" /> computed here
        <i data-kind="given" /> from the proof
        {(shape.hidden > 0 || all) && (
          <button type="button" onClick={() => setAll(!all)}>
            {all ? "Fewer" : `${String(shape.hidden)} more hashes`}
          </button>
        )}
      </div>
    </div>
  );
}

function Hash({ box }: { readonly box: Box }) {
  return (
    <g data-kind={box.kind}>
      <title>{box.text}</title>
      <rect x={box.x - BOX.width / 2} y={box.y} width={BOX.width} height={BOX.height} rx="3" />
      <text x={box.x} y={box.y + 12.5}>
        {shorten(box.text, 10)}
      </text>
    </g>
  );
}

/** Up from a box, across, and up into the one above. */
function wire(from: Box, to: Box): string {
  const bottom = to.y + BOX.height;
  const middle = (from.y + bottom) / 2;
  return `M${String(from.x)} ${String(from.y)}V${String(middle)}H${String(to.x)}V${String(bottom)}`;
}
