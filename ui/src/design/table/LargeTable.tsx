import { TableGrid, type GridProps } from "./TableGrid";
import classes from "./Table.module.css";

interface LargeTableProps<Row> extends GridProps<Row> {
  /** How many rows there are altogether; any number is drawn. */
  readonly count: number;
  /** The row at a place; `undefined` while its page is loaded. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly idOf: (row: Row) => string;
  /** The selected row's place, -1 for none. */
  readonly at: number;
  /** Says which places are shown, to load their pages. Hold it still with `useCallback`. */
  readonly onRange: (first: number, last: number) => void;
}

/** Rows of which only some are here, in the order that they come in. */
export function LargeTable<Row>(props: LargeTableProps<Row>) {
  return (
    <div className={classes.frame}>
      {props.count === 0 ? props.empty : <TableGrid {...props} />}
    </div>
  );
}
