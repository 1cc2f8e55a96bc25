import { Icon } from "../components/Icon";
import type { Column, Sorting } from "./columns";
import classes from "./Table.module.css";

interface TableHeadProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly sorting?: Sorting | undefined;
  readonly onSort?: ((column: string) => void) | undefined;
}

/** The heads of all columns; those that sort are buttons. */
export function TableHead<Row>({ columns, sorting, onSort }: TableHeadProps<Row>) {
  return (
    <div role="rowgroup" className={classes.heads}>
      <div role="row" aria-rowindex={1} className={classes.row}>
        {columns.map((column) => {
          const sorted = sorting?.column === column.id ? sorting : undefined;
          const order = sorted && (sorted.descending ? "descending" : "ascending");
          return (
            <div key={column.id} role="columnheader" aria-sort={order} data-align={column.align}>
              {column.sort !== undefined && onSort !== undefined ? (
                <button type="button" onClick={() => onSort(column.id)}>
                  {column.head}
                  {sorted !== undefined && (
                    <Icon name={sorted.descending ? "down" : "up"} size={11} />
                  )}
                </button>
              ) : (
                column.head || <span className="visually-hidden">{column.id}</span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
