import type { Column } from "./columns";
import classes from "./Table.module.css";

interface TableRowProps<Row> {
  readonly id: string;
  readonly index: number;
  readonly start: number;
  /** `undefined` while it is loaded. */
  readonly row: Row | undefined;
  readonly columns: readonly Column<Row>[];
  readonly selected: boolean;
  readonly tone?: string | undefined;
  readonly onSelect?: ((row: Row) => void) | undefined;
  readonly onOpen?: ((row: Row) => void) | undefined;
}

/** One row at its place. */
export function TableRow<Row>({ row, columns, onSelect, onOpen, ...place }: TableRowProps<Row>) {
  const chosen = onSelect ?? onOpen;
  return (
    // The grid around it takes the keys, and names this row as the active one.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={place.id}
      role="row"
      tabIndex={-1}
      aria-rowindex={place.index + 2}
      aria-selected={chosen === undefined ? undefined : place.selected}
      aria-busy={row === undefined || undefined}
      className={classes.row}
      data-tone={place.tone}
      data-chosen={chosen !== undefined || undefined}
      style={{ transform: `translateY(${String(place.start)}px)` }}
      onClick={row === undefined ? undefined : () => chosen?.(row)}
      onDoubleClick={row === undefined ? undefined : () => onOpen?.(row)}
    >
      {columns.map((column) => (
        <div key={column.id} role="gridcell" data-align={column.align}>
          {row === undefined ? <span className={classes.bone} /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
}
