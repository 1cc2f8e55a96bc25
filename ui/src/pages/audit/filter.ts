/** Which records are asked for: in the address, as tokens, and as the engine takes it. */
import type { Arguments } from "@/ipc";

export type AuditFilter = Arguments<"auditQuery">[0];

/** The fields of a filter that take a word each. */
export const words = ["tenant", "key", "action", "outcome", "actor"] as const;
export type WordField = (typeof words)[number];

const fields = [...words, "since", "until", "search"] as const;

export const noFilter: AuditFilter = {
  tenant: null,
  key: null,
  action: null,
  outcome: null,
  actor: null,
  since: null,
  until: null,
  search: null,
};

/** Reads a filter from an address; a link from another page is one. */
export function filterOf(address: URLSearchParams): AuditFilter {
  const filter = { ...noFilter };
  for (const field of fields) filter[field] = address.get(field)?.trim() || null;
  return filter;
}

/** A filter's address. What else the address says stays. */
export function addressOf(filter: AuditFilter, before = new URLSearchParams()): URLSearchParams {
  const address = new URLSearchParams(before);
  for (const field of fields) {
    const value = filter[field];
    if (value === null) address.delete(field);
    else address.set(field, value);
  }
  return address;
}

export const isEmpty = (filter: AuditFilter): boolean =>
  fields.every((field) => filter[field] === null);

/** Whether counts by hour and day know all of its conditions. */
export const isCounted = (filter: AuditFilter): boolean =>
  filter.key === null && filter.actor === null && filter.search === null;

/** What a typed text asks for: `tenant:acme`, or words to search for. */
export function typed(text: string): Partial<AuditFilter> {
  const found = /^\s*([a-z]+)\s*:\s*(.*?)\s*$/.exec(text);
  const field = words.find((word) => word === found?.[1]);
  const value = found?.[2] ?? "";
  if (field !== undefined && value !== "") return { [field]: value };
  const search = text.trim();
  return search === "" ? {} : { search };
}
