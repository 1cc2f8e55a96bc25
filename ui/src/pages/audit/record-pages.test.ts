import { expect, it, vi } from "vitest";
import type { RecordItem } from "@/ipc";
import { record } from "./testing";
import { PAGE, RecordPages } from "./record-pages";

const settle = () => new Promise((resolve) => setTimeout(resolve));

function log(archived: (seq: number) => boolean = () => false) {
  const asked: [number, number][] = [];
  const pages = new RecordPages((start, end) => {
    asked.push([start, end]);
    const found: RecordItem[] = [];
    for (let seq = end - 1; seq >= start; seq -= 1) if (!archived(seq)) found.push(record(seq));
    return Promise.resolve(found);
  });
  return { pages, asked };
}

it("asks for what is looked at first, then for both neighbours", async () => {
  const { pages, asked } = log();
  pages.look(10 * PAGE + 5, 10 * PAGE + 40, 1_000_000);
  expect(asked[0]).toEqual([10 * PAGE, 11 * PAGE]);
  await settle();
  expect(asked.map(([start]) => start / PAGE)).toEqual([10, 9, 11]);
  expect(pages.at(10 * PAGE + 5)?.seq).toBe(10 * PAGE + 5);
  expect(pages.at(500)).toBeUndefined();
});

it("doesn't ask for what was only dragged past", async () => {
  const { pages, asked } = log();
  for (let page = 0; page < 100; page += 1) pages.look(page * PAGE, page * PAGE + 30, 1_000_000);
  await settle();
  expect(asked.length).toBeLessThan(8);
  expect(pages.at(99 * PAGE)?.seq).toBe(99 * PAGE);
});

it("asks for the newest page again once the log has grown, and keeps its rows until then", async () => {
  const { pages, asked } = log();
  pages.look(0, 30, 50);
  await settle();
  expect(asked).toEqual([[0, 50]]);
  pages.look(0, 30, 51);
  expect(pages.at(49)?.seq).toBe(49);
  expect(pages.at(50)).toBeUndefined();
  await settle();
  expect(pages.at(50)?.seq).toBe(50);
});

it("knows a record that is archived from one that isn't loaded", async () => {
  const { pages } = log((seq) => seq < 150);
  pages.look(100, 180, 400);
  await settle();
  expect(pages.at(149)).toBeNull();
  expect(pages.at(150)?.seq).toBe(150);
});

it("keeps the rows of the page that was read last while another is read", async () => {
  const { pages } = log();
  pages.look(10 * PAGE + 5, 10 * PAGE + 40, 1_000_000);
  expect(pages.standIn(77 * PAGE + 5)).toBeUndefined();
  await settle();
  pages.look(77 * PAGE + 5, 77 * PAGE + 40, 1_000_000);
  expect(pages.at(77 * PAGE + 5)).toBeUndefined();
  expect(pages.standIn(77 * PAGE + 5)?.seq).toBe(10 * PAGE + 5);
  await settle();
  expect(pages.standIn(78 * PAGE + 5)?.seq).toBe(77 * PAGE + 5);
});

it("stops at a failure until somebody tries again", async () => {
  const ask = vi
    .fn()
    .mockRejectedValueOnce(new Error("no"))
    .mockResolvedValue([record(0)]);
  const pages = new RecordPages(ask);
  pages.look(0, 0, 1);
  await settle();
  expect(pages.failure).toBeInstanceOf(Error);
  expect(ask).toHaveBeenCalledOnce();
  pages.retry();
  await settle();
  expect(pages.at(0)?.seq).toBe(0);
});
