/** Where the table's rows come from: the whole log by sequence number, or what a filter finds. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { type Arguments, call, commands, keys, type RecordItem } from "@/ipc";
import { type AuditFilter, noFilter } from "./filter";
import { PAGE, RecordPages } from "./record-pages";

/** A row: a record, or the place of one that is archived. */
export interface Row {
  readonly seq: number;
  readonly record: RecordItem | null;
}

/** Rows in the order of the table, the newest first. */
export interface Records {
  /** How many rows there are; `undefined` before the first are known. */
  readonly count: number | undefined;
  /** Whether there may be more than `count`. */
  readonly more: boolean;
  readonly rowAt: (index: number) => Row | undefined;
  /** -1 for one that isn't among them. */
  readonly indexOf: (seq: number) => number;
  readonly onRange: (first: number, last: number) => void;
  /** How many have come since, and aren't shown. */
  readonly newer: number;
  /** Whether there are still more newer ones than that. */
  readonly newerAtLeast: boolean;
  /** Whether somebody looks at the newest; otherwise rows stay where they are. */
  readonly atTop: (top: boolean) => void;
  readonly failure: unknown;
  readonly retry: () => void;
}

type Start = Arguments<"auditQuery">[1];

const newest: Start = { from: "newest" };

const ask = (filter: AuditFilter, start: Start, limit: number) =>
  call(commands.auditQuery(filter, start, limit));

const askWhole = async (start: number, end: number) =>
  (await ask(noFilter, { from: "before", seq: end }, end - start)).records;

/**
 * The whole log: sequence numbers are dense from 0, so any place of it can be gone to at once.
 * `archive` names what is archived now; what was read of another archive is forgotten.
 */
export function useWholeLog(total: number | undefined, archive: string): Records {
  const pages = useMemo(() => new RecordPages(askWhole, archive), [archive]);
  useSyncExternalStore(pages.subscribe, pages.version);
  const [held, setHeld] = useState<number | null>(null);
  const shown = Math.min(held ?? Infinity, total ?? 0);

  return {
    count: total === undefined ? undefined : shown,
    more: false,
    rowAt: (index) => {
      const seq = shown - 1 - index;
      const record = pages.at(seq);
      if (record !== undefined) return { seq, record };
      const before = pages.standIn(seq);
      return before === undefined ? undefined : { seq: before.seq, record: before };
    },
    indexOf: (seq) => (seq >= 0 && seq < shown ? shown - 1 - seq : -1),
    onRange: useCallback(
      (first: number, last: number) => pages.look(shown - 1 - last, shown - 1 - first, shown),
      [pages, shown],
    ),
    newer: (total ?? 0) - shown,
    newerAtLeast: false,
    atTop: (top) => setHeld(top ? null : (now) => now ?? total ?? null),
    failure: pages.failure,
    retry: () => pages.retry(),
  };
}

/** How many newer ones are looked for at once. */
const NEWER = 1000;

/** What passes a filter: further pages as they are come to. */
export function useFound(filter: AuditFilter, enabled: boolean): Records {
  const [held, setHeld] = useState<number | null>(null);
  const found = useInfiniteQuery({
    queryKey: keys.audit.still("found", filter),
    enabled,
    initialPageParam: newest,
    queryFn: ({ pageParam }) => ask(filter, pageParam, PAGE),
    getNextPageParam: (last): Start | undefined =>
      last.next === null ? undefined : { from: "before", seq: last.next },
    placeholderData: keepPreviousData,
    // Held no longer than it is looked at: it may be all of a long log.
    gcTime: 60_000,
  });
  const older = useMemo(() => found.data?.pages.flatMap((page) => page.records), [found.data]);
  const top = older?.[0]?.seq ?? null;
  const after: Start = top === null ? { from: "oldest" } : { from: "after", seq: top };
  const newer = useQuery({
    queryKey: keys.audit.live("newer", filter, top),
    enabled: enabled && older !== undefined && !found.isPlaceholderData,
    queryFn: () => ask(filter, after, NEWER),
  });
  const come = useMemo(() => newer.data?.records ?? [], [newer.data]);
  const shown = held === null ? come.length : Math.min(held, come.length);
  const rows = useMemo(
    () => [...come.slice(0, shown).reverse(), ...(older ?? [])],
    [come, shown, older],
  );
  const places = useMemo(() => new Map(rows.map((row, index) => [row.seq, index])), [rows]);
  const { fetchNextPage, hasNextPage, isFetchingNextPage, refetch } = found;

  return {
    count: older === undefined ? undefined : rows.length,
    more: hasNextPage,
    rowAt: (index) => {
      const record = rows[index];
      return record === undefined ? undefined : { seq: record.seq, record };
    },
    indexOf: (seq) => places.get(seq) ?? -1,
    onRange: useCallback(
      (_: number, last: number) => {
        if (last > rows.length - PAGE && hasNextPage && !isFetchingNextPage) void fetchNextPage();
      },
      [rows.length, hasNextPage, isFetchingNextPage, fetchNextPage],
    ),
    newer: come.length - shown,
    newerAtLeast: newer.data?.next != null,
    atTop: (atTop) => setHeld(atTop ? null : (now) => now ?? come.length),
    failure: found.error,
    retry: () => void refetch(),
  };
}
