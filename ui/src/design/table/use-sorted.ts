import { type ColumnDef, useTable } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import type { Column, Sorting } from "./columns";
import { features } from "./features";

interface Sorted<Row> {
  readonly rows: readonly Row[];
  readonly sorting: Sorting | undefined;
  /** Sorts by a column; once more turns it round, and a third time gives the rows' own order back. */
  readonly onSort: (column: string) => void;
}

/** The rows in the order that the heads ask for. */
export function useSorted<Row extends object>(
  data: readonly Row[],
  columns: readonly Column<Row>[],
  begin?: Sorting,
): Sorted<Row> {
  const [sorting, setSorting] = useState(begin);
  const definitions = useMemo(() => columns.map((column) => definition(column)), [columns]);
  const state = useMemo(
    () => ({
      sorting: sorting === undefined ? [] : [{ id: sorting.column, desc: sorting.descending }],
    }),
    [sorting],
  );
  const table = useTable({ features, columns: definitions, data, state });
  return {
    rows: table.getRowModel().rows.map((row) => row.original),
    sorting,
    onSort: (column) => {
      setSorting((now) => {
        if (now?.column !== column) return { column, descending: false };
        return now.descending ? undefined : { column, descending: true };
      });
    },
  };
}

function definition<Row extends object>(column: Column<Row>): ColumnDef<typeof features, Row> {
  const { id, sort } = column;
  return {
    id,
    accessorFn: (row) => sort?.(row) ?? undefined,
    enableSorting: sort !== undefined,
    // What has no value comes last in both directions.
    sortUndefined: "last",
    sortFn: (a, b, by) => compare(a.getValue(by), b.getValue(by)),
  };
}

const words = new Intl.Collator(undefined, { numeric: true });

function compare(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number"
    ? a - b
    : words.compare(String(a), String(b));
}
