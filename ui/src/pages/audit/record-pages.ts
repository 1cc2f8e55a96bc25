/**
 * The whole log by sequence number. Records never change, so a page that is full stays; only pages around
 * what is looked at are held, and only what is still looked at is asked for.
 */
import type { RecordItem } from "@/ipc";

/** How many records a page has. */
export const PAGE = 200;

/** How many pages are held: 12,000 records are some megabytes. */
const HELD = 60;

/** How many are asked for at the same time. */
const AT_ONCE = 2;

/** Asks for the records from `start` on and before `end`. */
type Ask = (start: number, end: number) => Promise<readonly RecordItem[]>;

interface Page {
  readonly records: ReadonlyMap<number, RecordItem>;
  /** The records before this one were asked for. */
  readonly end: number;
}

/** Pages of the log as they are needed. */
export class RecordPages {
  /** Which archive they were read beside: of another one, other records are here. */
  readonly archive: string;
  readonly #ask: Ask;
  /** In the order of their use, the newest last. */
  readonly #pages = new Map<number, Page>();
  readonly #asking = new Set<number>();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly number[] = [];
  #total = 0;
  #version = 0;
  #failure: unknown = null;
  #seen: readonly number[] = [];
  /** The page that was looked at and read last. */
  #kept: number | null = null;

  constructor(ask: Ask, archive = "") {
    this.#ask = ask;
    this.archive = archive;
  }

  /** Why the last page couldn't be read; `null` after one that could. */
  get failure(): unknown {
    return this.#failure;
  }

  /** A record: `null` where it isn't in the database, `undefined` while it isn't known. */
  at(seq: number): RecordItem | null | undefined {
    const page = this.#pages.get(Math.floor(seq / PAGE));
    if (page === undefined || seq >= page.end) return undefined;
    return page.records.get(seq) ?? null;
  }

  /**
   * A record of the page that was read last, in the place of one that is being read: while the scrollbar
   * is dragged, rows stay until others are here.
   */
  standIn(seq: number): RecordItem | undefined {
    if (this.#kept === null || this.#failure !== null) return undefined;
    return this.#pages.get(this.#kept)?.records.get(this.#kept * PAGE + (seq % PAGE));
  }

  /** These places of a log of `total` records are looked at: their pages first, then both neighbours'. */
  look(first: number, last: number, total: number): void {
    this.#total = total;
    const from = Math.floor(Math.max(first, 0) / PAGE);
    const to = Math.floor(Math.min(last, total - 1) / PAGE);
    const seen = Array.from({ length: Math.max(to - from + 1, 0) }, (_, index) => to - index);
    this.#seen = seen;
    this.#kept = seen.find((page) => this.#pages.has(page)) ?? this.#kept;
    // Newest first: what is further down is more often looked at next.
    this.#wanted = [...seen, from - 1, to + 1].filter((page) => page >= 0 && page * PAGE < total);
    for (const page of this.#wanted) this.#use(page);
    this.#next();
  }

  /** Asks again after a failure. */
  retry(): void {
    this.#failure = null;
    this.#next();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  readonly version = (): number => this.#version;

  #next(): void {
    while (this.#asking.size < AT_ONCE && this.#failure === null) {
      const page = this.#wanted.find((one) => !this.#asking.has(one) && this.#lacks(one));
      if (page === undefined) return;
      void this.#fetch(page, this.#end(page));
    }
  }

  async #fetch(page: number, end: number): Promise<void> {
    this.#asking.add(page);
    const looked = this.#seen.includes(page);
    try {
      const start = page * PAGE;
      const found = await this.#ask(start, end);
      // Where a day is archived, the next ones that are here come instead.
      const here = found.filter((record) => record.seq >= start && record.seq < end);
      this.#pages.set(page, { records: new Map(here.map((one) => [one.seq, one])), end });
      if (looked) this.#kept = page;
      this.#letGo();
    } catch (caught) {
      this.#failure = caught;
    }
    this.#asking.delete(page);
    this.#version += 1;
    for (const listener of this.#listeners) listener();
    this.#next();
  }

  #end(page: number): number {
    return Math.min((page + 1) * PAGE, this.#total);
  }

  #lacks(page: number): boolean {
    const held = this.#pages.get(page);
    return held === undefined || held.end < this.#end(page);
  }

  #use(page: number): void {
    const held = this.#pages.get(page);
    if (held === undefined) return;
    this.#pages.delete(page);
    this.#pages.set(page, held);
  }

  #letGo(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= HELD) return;
      if (!this.#wanted.includes(page) && page !== this.#kept) this.#pages.delete(page);
    }
  }
}
