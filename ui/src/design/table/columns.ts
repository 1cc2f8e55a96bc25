import type { ReactNode } from "react";

/** A column of a table. */
export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  /** A track of CSS grid: `120px`, `minmax(120px, 2fr)`. */
  readonly width: string;
  /** Numbers stand at the end. */
  readonly align?: "end";
  /** What the column sorts by; without it, it doesn't sort. `null` comes last in both directions. */
  readonly sort?: (row: Row) => string | number | null;
}

export interface Sorting {
  readonly column: string;
  readonly descending: boolean;
}

/** The tracks of all columns. */
export const tracks = <Row>(columns: readonly Column<Row>[]): string =>
  columns.map((column) => column.width).join(" ");
