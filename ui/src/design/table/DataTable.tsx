import { useCallback, useMemo } from "react";
import { ErrorNotice, type Failure } from "../components/ErrorNotice";
import type { Sorting } from "./columns";
import { type GridProps, TableGrid } from "./TableGrid";
import { useSorted } from "./use-sorted";
import classes from "./Table.module.css";

interface DataTableProps<Row> extends GridProps<Row> {
  /** `undefined` until they are first loaded; keep the last ones while they are loaded again. */
  readonly rows: readonly Row[] | undefined;
  readonly idOf: (row: Row) => string;
  /** How it is sorted at first. */
  readonly sorted?: Sorting;
  /** Why the rows couldn't be loaded. */
  readonly failure?: Failure | null | undefined;
  readonly retry?: (() => void) | undefined;
}

/** How many rows stand in for those that are loaded for the first time. */
const BONES = 12;

const noRows: readonly never[] = [];

/** Rows that are all here. Hold `columns` still: a module's constant, or `useMemo`. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { rows, idOf, sorted, failure, retry, selected = null, empty, columns } = props;
  const order = useSorted(rows ?? noRows, columns, sorted);
  const places = useMemo(
    () => new Map(order.rows.map((row, index) => [idOf(row), index])),
    [order.rows, idOf],
  );
  const rowAt = useCallback((index: number) => order.rows[index], [order.rows]);

  if (failure != null && rows === undefined) {
    return (
      <div className={classes.notice}>
        <ErrorNotice failure={failure} retry={retry} />
      </div>
    );
  }
  if (rows?.length === 0) return <div className={classes.frame}>{empty}</div>;
  return (
    <div className={classes.frame}>
      <TableGrid
        {...props}
        count={rows === undefined ? BONES : order.rows.length}
        rowAt={rowAt}
        at={selected === null ? -1 : (places.get(selected) ?? -1)}
        sorting={order.sorting}
        onSort={order.onSort}
      />
    </div>
  );
}
