/** Where the parts of an inclusion proof are drawn: from the leaf at the bottom to the root at the top. */

/** One step of the proof, as the engine verified it. */
interface Step {
  readonly sibling: string;
  readonly left: boolean;
  readonly node: string;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  /** The hash, whole; the record's number for the leaf. */
  readonly text: string;
  readonly kind: "leaf" | "computed" | "given" | "root";
}

export interface Shape {
  readonly boxes: readonly Box[];
  /** Lines from a box to the one above it. */
  readonly lines: readonly { readonly from: Box; readonly to: Box; readonly way: boolean }[];
  /** Steps that are left out between the drawn ones and the root. */
  readonly hidden: number;
  readonly width: number;
  readonly height: number;
}

export const BOX = { width: 84, height: 18 } as const;
const LEVEL = 38;
const WIDTH = 338;
/** How many steps are drawn where not all are asked for. */
const FEW = 3;

export function proofShape(leaf: string, path: readonly Step[], root: string, all: boolean): Shape {
  const drawn = all || path.length <= FEW + 1 ? path.length : FEW;
  const hidden = path.length - drawn;
  const levels = drawn + (hidden > 0 ? 1 : 0);
  const height = levels * LEVEL + BOX.height + 4;
  const y = (level: number) => height - 2 - BOX.height - level * LEVEL;
  const edge = WIDTH - BOX.width / 2 - 2;
  const clamp = (x: number) => Math.min(Math.max(x, BOX.width / 2 + 2), edge);

  // A record whose siblings lie to one side would walk out of the picture: each level leans less.
  let x = WIDTH / 2 - lean(path, drawn);
  const start: Box = {
    x: clamp(x),
    y: y(0),
    text: leaf,
    kind: path.length === 0 ? "root" : "leaf",
  };
  const boxes: Box[] = [start];
  const lines: { from: Box; to: Box; way: boolean }[] = [];
  let below = start;
  path.slice(0, drawn).forEach((step, index) => {
    const side = step.left ? -1 : 1;
    const siblingX = clamp(below.x + side * (BOX.width + 22));
    const sibling: Box = { x: siblingX, y: below.y, text: step.sibling, kind: "given" };
    const last = index === path.length - 1;
    x = clamp((below.x + siblingX) / 2);
    const node: Box = { x, y: y(index + 1), text: step.node, kind: last ? "root" : "computed" };
    boxes.push(sibling, node);
    lines.push({ from: below, to: node, way: true }, { from: sibling, to: node, way: false });
    below = node;
  });
  if (hidden > 0) {
    const top: Box = { x: below.x, y: y(levels), text: root, kind: "root" };
    boxes.push(top);
    lines.push({ from: below, to: top, way: true });
  }
  return { boxes, lines, hidden, width: WIDTH, height };
}

/** How far the way from the leaf drifts to the right. */
function lean(path: readonly Step[], drawn: number): number {
  const half = (BOX.width + 22) / 2;
  return path.slice(0, drawn).reduce((sum, step) => sum + (step.left ? -half : half), 0) / 2;
}
