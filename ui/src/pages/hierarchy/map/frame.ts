/** Where cells lie on a canvas, and what of it is in view. Lengths are CSS pixels. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A grid of square cells, all of which fit in its canvas. */
export interface Grid {
  readonly columns: number;
  readonly cell: number;
  readonly gap: number;
}

/** What is in view: a point of the grid is drawn at `x + scale * point`. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export const whole: View = { scale: 1, x: 0, y: 0 };

const LARGEST_CELL = 420;
const SMALLEST = 4;

/** The largest cells of which so many fit, up to a length. */
export function gridOf(count: number, { width, height }: Size, largest: number): Grid {
  for (let cell = largest; cell > SMALLEST; cell -= 0.5) {
    const gap = cell > 40 ? 4 : cell > 8 ? 2 : 1;
    const columns = Math.floor((width + gap) / (cell + gap));
    if (columns > 0 && Math.floor((height + gap) / (cell + gap)) * columns >= count) {
      return { columns, cell, gap };
    }
  }
  return { columns: Math.max(1, Math.floor(width / (SMALLEST + 1))), cell: SMALLEST, gap: 1 };
}

/** Zooms by a factor around a point of the canvas; never further out than all of it. */
export function zoomed(
  view: View,
  by: number,
  at: { x: number; y: number },
  grid: Grid,
  size: Size,
): View {
  const scale = Math.min(Math.max(view.scale * by, 1), LARGEST_CELL / grid.cell);
  const ratio = scale / view.scale;
  return held(
    { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio },
    size,
  );
}

/** Moves what is in view, and holds the canvas filled. */
export const panned = (view: View, dx: number, dy: number, size: Size): View =>
  held({ ...view, x: view.x + dx, y: view.y + dy }, size);

const held = ({ scale, x, y }: View, { width, height }: Size): View => ({
  scale,
  x: Math.min(0, Math.max(x, width - width * scale)),
  y: Math.min(0, Math.max(y, height - height * scale)),
});

/** Which cell lies at a point of the canvas, and where in it, as shares of its side. */
export function cellAt(grid: Grid, view: View, x: number, y: number, count: number) {
  const step = grid.cell + grid.gap;
  const [gx, gy] = [(x - view.x) / view.scale, (y - view.y) / view.scale];
  const [column, row] = [Math.floor(gx / step), Math.floor(gy / step)];
  const [dx, dy] = [(gx - column * step) / grid.cell, (gy - row * step) / grid.cell];
  const index = row * grid.columns + column;
  const outside = column < 0 || column >= grid.columns || row < 0 || index >= count;
  return outside || dx > 1 || dy > 1 ? null : { index, dx, dy };
}
