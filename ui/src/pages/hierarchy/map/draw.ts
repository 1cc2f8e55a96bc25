/** Draws what is in view of a region's cells. Colour is never alone: each risk has its own stroke. */
import { ageTone } from "@/design";
import type { Grid, Size, View } from "./frame";
import { drawn, type Kind } from "./kinds";
import type { Palette, ToneColours } from "./palette";
import { type Cell, SHARED, type Spot } from "./regions";

/** From which side on a cell shows its tenants one by one, and a tenant its name. */
export const APART = 56;
const NAMED = 58;
/** Below this side a cell is a colour alone; its count and word stand above the map. */
const PLAIN = 8;
const SIDE = Math.sqrt(SHARED);

type Context = CanvasRenderingContext2D;

export function draw(
  context: Context,
  cells: readonly Cell[],
  grid: Grid,
  view: View,
  size: Size,
  palette: Palette,
): void {
  context.clearRect(0, 0, size.width, size.height);
  context.font = `11px ${palette.font}`;
  context.textBaseline = "top";
  const step = (grid.cell + grid.gap) * view.scale;
  const side = grid.cell * view.scale;
  const last = Math.ceil(cells.length / grid.columns) - 1;
  const top = Math.max(0, Math.floor(-view.y / step));
  const bottom = Math.min(last, Math.floor((size.height - view.y) / step));
  const left = Math.max(0, Math.floor(-view.x / step));
  const right = Math.min(grid.columns - 1, Math.floor((size.width - view.x) / step));
  for (let row = top; row <= bottom; row += 1) {
    for (let column = left; column <= right; column += 1) {
      const cell = cells[row * grid.columns + column];
      if (cell === undefined) continue;
      drawCell(context, cell, view.x + column * step, view.y + row * step, side, palette);
    }
  }
}

function drawCell(
  context: Context,
  cell: Cell,
  x: number,
  y: number,
  side: number,
  palette: Palette,
) {
  const [only] = cell.spots;
  if (cell.spots.length === 1 && only !== undefined) {
    drawSpot(context, only, x, y, side, palette);
  } else if (side < APART) {
    drawWell(context, cell.share, x, y, side, palette);
  } else {
    const gap = side > 160 ? 3 : 1;
    const each = (side - gap * (SIDE - 1)) / SIDE;
    cell.spots.forEach((spot, index) => {
      const left = x + (index % SIDE) * (each + gap);
      const above = y + Math.floor(index / SIDE) * (each + gap);
      drawSpot(context, spot, left, above, each, palette);
    });
  }
}

/** One tenant. */
function drawSpot(
  context: Context,
  spot: Spot,
  x: number,
  y: number,
  side: number,
  palette: Palette,
) {
  const { group, tone } = drawn[spot.kind];
  const colours = palette.tones[tone];
  if (colours === undefined) return;
  const filled = group === "risk" && spot.kind !== "past";
  if (group === "well") {
    drawWell(context, spot.share, x, y, side, palette);
  } else {
    // Ten thousand at risk are as many rectangles a frame: the smallest are one each, and an edge is
    // what shows of a rectangle below another, since a stroke costs several times as much.
    context.fillStyle = filled ? colours.solid : colours.border;
    context.fillRect(x, y, side, side);
    if (side < PLAIN) return;
    if (!filled) {
      context.fillStyle = colours.bg;
      context.fillRect(x + 1, y + 1, side - 2, side - 2);
    }
    if (spot.kind === "past") {
      context.fillStyle = colours.solid;
      context.fillRect(x, y + side - bar(side), side, bar(side));
    }
    const mark = Math.min(side, 30);
    const inset = side > mark ? 6 : 0;
    const [left, above] = [x + (side - mark) / 2, y + side - mark - inset];
    drawMark(context, spot.kind, left, side > mark ? above : y, mark, colours, filled);
  }
  if (side < NAMED) return;
  context.fillStyle = filled ? colours.on : palette.text;
  context.fillText(cut(spot.row.display_name, side - 10), x + 5, y + 5);
}

/** What is well: how old it is. */
function drawWell(
  context: Context,
  share: number,
  x: number,
  y: number,
  side: number,
  palette: Palette,
) {
  const tone = ageTone(share);
  const colours = palette.tones[tone];
  if (colours === undefined) return;
  context.fillStyle = colours.bg;
  context.fillRect(x, y, side, side);
  context.fillStyle = colours.solid;
  const length = Math.max(1.5, side * Math.min(share, 1));
  context.fillRect(x, y + side - bar(side), length, bar(side));
}

const bar = (side: number): number => Math.min(Math.max(2, Math.round(side * 0.28)), 8);

/** Names are in a font whose letters are about this wide; measuring each would cost too much. */
const LETTER = 6;

function cut(text: string, room: number): string {
  const most = Math.floor(room / LETTER);
  return text.length <= most ? text : `${text.slice(0, Math.max(1, most - 1))}…`;
}

/** The strokes of each kind, as shares of a cell's side. */
const strokes: Readonly<Partial<Record<Kind, readonly (readonly [number, number])[][]>>> = {
  compromised: [
    [
      [0.5, 0.24],
      [0.76, 0.72],
      [0.24, 0.72],
      [0.5, 0.24],
    ],
  ],
  revoked: [
    [
      [0.5, 0.22],
      [0.5, 0.52],
    ],
    [
      [0.3, 0.4],
      [0.3, 0.66],
      [0.5, 0.78],
      [0.7, 0.66],
      [0.7, 0.4],
    ],
  ],
  suspended: [
    [
      [0.38, 0.3],
      [0.38, 0.7],
    ],
    [
      [0.62, 0.3],
      [0.62, 0.7],
    ],
  ],
  quarantined: [
    [
      [0.5, 0.24],
      [0.5, 0.58],
    ],
    [
      [0.5, 0.7],
      [0.5, 0.76],
    ],
  ],
  pending: [
    [
      [0.5, 0.3],
      [0.5, 0.52],
      [0.66, 0.62],
    ],
  ],
  deactivated: [
    [
      [0.3, 0.5],
      [0.7, 0.5],
    ],
  ],
  offboarded: [
    [
      [0.3, 0.3],
      [0.7, 0.7],
    ],
    [
      [0.7, 0.3],
      [0.3, 0.7],
    ],
  ],
};

function drawMark(
  context: Context,
  kind: Kind,
  x: number,
  y: number,
  side: number,
  colours: ToneColours,
  filled: boolean,
) {
  const lines = strokes[kind];
  if (lines === undefined || side < 8) return;
  context.strokeStyle = filled ? colours.on : colours.border;
  context.lineWidth = Math.max(1.2, side / 11);
  context.beginPath();
  for (const line of lines) {
    line.forEach(([dx, dy], index) => {
      if (index === 0) context.moveTo(x + dx * side, y + dy * side);
      else context.lineTo(x + dx * side, y + dy * side);
    });
  }
  context.stroke();
}
