/** A canvas of one region: what is in view, and drawing it once a frame, where something changed. */
import { APART, draw } from "./draw";
import { cellAt, type Grid, gridOf, panned, type Size, type View, whole, zoomed } from "./frame";
import { readPalette } from "./palette";
import { type Cell, SHARED, type Spot } from "./regions";

/** The longest side of a cell at first: one with a name where each tenant has its own. */
const SIDES = { shared: 40, own: 104 };

const SIDE = Math.sqrt(SHARED);

/** What lies at a point: one tenant, or a cell that has to be nearer to tell its tenants apart. */
export type Found = { readonly spot: Spot } | { readonly cell: Cell };

export class MapCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  #cells: readonly Cell[] = [];
  #size: Size = { width: 0, height: 0 };
  #grid: Grid = { columns: 1, cell: 1, gap: 0 };
  #view: View = whole;
  #palette = readPalette();
  #frame: number | null = null;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    // Nothing is read back: it keeps the pixels in memory. Without a GPU, WebKitGTK would draw by a
    // simulated one otherwise, and take 150 ms to show a single changed pixel where this takes 20.
    this.#context = canvas.getContext("2d", { willReadFrequently: true });
  }

  show(cells: readonly Cell[]): void {
    this.#cells = cells;
    this.#lay();
  }

  resize(size: Size): void {
    const ratio = window.devicePixelRatio;
    this.#size = size;
    this.#canvas.width = Math.round(size.width * ratio);
    this.#canvas.height = Math.round(size.height * ratio);
    this.#context?.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#lay();
    // A canvas that was given a size is empty: it is drawn before it can be seen.
    this.#draw();
  }

  recolour(): void {
    this.#palette = readPalette();
    this.#change();
  }

  zoom(by: number, at = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#view = zoomed(this.#view, by, at, this.#grid, this.#size);
    this.#change();
  }

  pan(dx: number, dy: number): void {
    this.#view = panned(this.#view, dx, dy, this.#size);
    this.#change();
  }

  /** All of it again. */
  fit(): void {
    this.#view = whole;
    this.#change();
  }

  at(x: number, y: number): Found | null {
    const found = cellAt(this.#grid, this.#view, x, y, this.#cells.length);
    const cell = found === null ? undefined : this.#cells[found.index];
    if (found === null || cell === undefined) return null;
    const [only] = cell.spots;
    if (cell.spots.length === 1 && only !== undefined) return { spot: only };
    if (this.#grid.cell * this.#view.scale < APART) return { cell };
    const spot = cell.spots[Math.floor(found.dy * SIDE) * SIDE + Math.floor(found.dx * SIDE)];
    return spot === undefined ? null : { spot };
  }

  stop(): void {
    if (this.#frame !== null) cancelAnimationFrame(this.#frame);
    this.#frame = null;
  }

  #lay(): void {
    const shared = this.#cells.some(({ spots }) => spots.length > 1);
    this.#grid = gridOf(this.#cells.length, this.#size, shared ? SIDES.shared : SIDES.own);
    this.#view = panned(this.#view, 0, 0, this.#size);
    this.#change();
  }

  #change(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#draw();
    });
  }

  #draw(): void {
    if (this.#context === null || this.#size.width === 0) return;
    draw(this.#context, this.#cells, this.#grid, this.#view, this.#size, this.#palette);
  }
}
