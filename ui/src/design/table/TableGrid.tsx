import { elementScroll, observeElementOffset, useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useEffectEvent,
  useId,
  useLayoutEffect,
  useRef,
} from "react";
import { type Column, type Sorting, tracks } from "./columns";
import { moved } from "./keyboard";
import { reveal, type Scale, scaleOf } from "./scale";
import { TableHead } from "./TableHead";
import { TableRow } from "./TableRow";
import classes from "./Table.module.css";

/** Heights of rows: records, the usual, and rows of two lines. */
export type Density = "dense" | "normal" | "roomy";
const heights: Record<Density, number> = { dense: 26, normal: 30, roomy: 38 };

/** The heads stay in view above the rows. */
const HEADS = 27;

export interface GridProps<Row> {
  /** Names the table for those who can't see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly density?: Density | undefined;
  /** The selected row's id. */
  readonly selected?: string | null | undefined;
  readonly onSelect?: ((row: Row | null) => void) | undefined;
  /** Enter or a double click. */
  readonly onOpen?: ((row: Row) => void) | undefined;
  /** Colours a row that is unlike the others. */
  readonly rowTone?: ((row: Row) => string | undefined) | undefined;
  /** Stands in the place of the body where there is no row. */
  readonly empty: ReactNode;
}

interface TableGridProps<Row> extends GridProps<Row> {
  readonly count: number;
  /** The row at a place; `undefined` where it isn't loaded yet. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly idOf: (row: Row) => string;
  readonly at: number;
  readonly sorting?: Sorting | undefined;
  readonly onSort?: ((column: string) => void) | undefined;
  /** Which places are shown, and a few around them. */
  readonly onRange?: ((first: number, last: number) => void) | undefined;
}

/** Draws the rows that can be seen, and moves among all of them by keys. */
export function TableGrid<Row>(props: TableGridProps<Row>) {
  const { count, rowAt, idOf, at, columns, density = "normal", onRange } = props;
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const scale = useRef<Scale>({ drawn: 0, ratio: 1 });
  const height = heights[density];
  // The virtualizer changes by itself while its object stays: no compiler may remember what it said.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    observeElementOffset: (instance, told) =>
      observeElementOffset(instance, (top, scrolling) =>
        told(top * scale.current.ratio, scrolling),
      ),
    scrollToFn: (offset, options, instance) =>
      elementScroll(offset / scale.current.ratio, options, instance),
  });
  const view = Math.max((virtual.scrollRect?.height ?? 0) - HEADS, 0);
  const { drawn, ratio } = scaleOf(count * height, view);
  const offset = virtual.scrollOffset ?? 0;
  // How far what is scrolled to lies above where the scrollbar is.
  const lead = offset - offset / ratio;
  useLayoutEffect(() => {
    scale.current = { drawn, ratio };
  }, [drawn, ratio]);
  const show = (index: number) => {
    const top = reveal(index * height, height, offset, view);
    if (top !== undefined && scroller.current !== null) scroller.current.scrollTop = top / ratio;
  };
  const follow = useEffectEvent(show);
  // What is selected elsewhere, such as in a drawer or by an address, is shown here too.
  const measured = view > 0;
  useEffect(() => {
    if (at >= 0 && measured) follow(at);
  }, [at, measured]);
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onRange?.(first, last), [first, last, onRange]);

  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const page = Math.max(Math.floor((scroller.current?.clientHeight ?? 0) / height) - 2, 1);
    const to = moved(event.key, at, count, page);
    const row = at < 0 ? undefined : rowAt(at);
    if (to !== undefined) {
      const next = rowAt(to);
      show(to);
      if (next !== undefined) props.onSelect?.(next);
    } else if (event.key === "Enter" && row !== undefined) props.onOpen?.(row);
    else if (event.key === "Escape" && row !== undefined) props.onSelect?.(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="grid"
      aria-label={props.label}
      aria-rowcount={count + 1}
      aria-colcount={columns.length}
      aria-activedescendant={
        at >= first && at <= last && count > 0 ? `${id}-${String(at)}` : undefined
      }
      tabIndex={0}
      onKeyDown={press}
      style={{ "--tracks": tracks(columns), "--row-height": `${String(height)}px` }}
    >
      <TableHead columns={columns} sorting={props.sorting} onSort={props.onSort} />
      <div role="rowgroup" className={classes.body} style={{ height: drawn }}>
        {items.map((item) => {
          const row = rowAt(item.index);
          return (
            <TableRow
              key={item.key}
              id={`${id}-${String(item.index)}`}
              index={item.index}
              start={item.start - lead}
              row={row}
              columns={columns}
              selected={row !== undefined && idOf(row) === props.selected}
              tone={row === undefined ? undefined : props.rowTone?.(row)}
              onSelect={props.onSelect}
              onOpen={props.onOpen}
            />
          );
        })}
      </div>
    </div>
  );
}
