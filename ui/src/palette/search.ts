import { distinctPart, type IconName } from "@/design";
import type { TenantRow } from "@/ipc";
import { fuzzy, type Match } from "./fuzzy";
import type { PaletteAction } from "./registry";

/** Groups, in the order in which they are always shown. */
export const groups = ["Tenants", "Actions", "Keys", "Records"] as const;
export type GroupName = (typeof groups)[number];

/** Something that the palette found. */
export interface Found {
  readonly id: string;
  readonly group: GroupName;
  readonly title: string;
  readonly ranges: Match["ranges"];
  readonly note?: string | undefined;
  readonly icon: IconName;
  /** A state to show beside it. */
  readonly state?: string;
  readonly keys?: string | undefined;
  readonly refused?: string | undefined;
  readonly dangerous?: boolean | undefined;
  /** What Ctrl-C copies: the whole id. */
  readonly copies?: string;
  readonly run: () => void;
}

/** How many of a group are shown: the rest is found with more letters. */
const SHOWN = 6;

export interface Searched {
  readonly tenants: readonly TenantRow[];
  readonly actions: readonly PaletteAction[];
  readonly go: (path: string) => void;
}

/** Searches everything that is known here. `>` looks for actions alone, `#` for a record's number. */
export function search(typed: string, { tenants, actions, go }: Searched): Found[] {
  const text = typed.trim();
  if (text.startsWith(">")) return findActions(text.slice(1), actions);
  if (text.startsWith("#")) return findRecord(text.slice(1), go);
  return [
    ...(text === "" ? [] : findTenants(text, tenants, go)),
    ...findActions(text, actions),
    ...(text === "" ? [] : findKeys(text, tenants, go)),
    ...findRecord(text, go),
  ];
}

function findTenants(text: string, tenants: readonly TenantRow[], go: Searched["go"]): Found[] {
  return best(
    text,
    tenants,
    (tenant) => tenant.display_name,
    (tenant) => tenant.id,
  ).map(([tenant, { ranges }]) => ({
    id: `tenant ${tenant.id}`,
    group: "Tenants",
    title: tenant.display_name,
    ranges,
    note: [tenant.id, tenant.root_key?.custody].filter((one) => one !== undefined).join(" · "),
    icon: "tenants",
    state: tenant.state,
    copies: tenant.id,
    run: () => go(`/tenants/${encodeURIComponent(tenant.id)}`),
  }));
}

function findActions(text: string, actions: readonly PaletteAction[]): Found[] {
  return best(text, actions, (action) => action.title).map(([action, { ranges }]) => ({
    id: `action ${action.id}`,
    group: "Actions",
    title: action.title,
    ranges,
    note: action.note,
    icon: action.icon,
    keys: action.keys,
    refused: action.refused,
    dangerous: action.dangerous,
    run: action.run,
  }));
}

function findKeys(text: string, tenants: readonly TenantRow[], go: Searched["go"]): Found[] {
  const keys = tenants.flatMap(({ id, root_key: key }) =>
    key?.reference == null ? [] : [{ tenant: id, key, reference: key.reference }],
  );
  const shown = ({ reference }: { reference: string }) => distinctPart(reference);
  return best(
    text,
    keys,
    shown,
    ({ reference }) => reference,
    ({ key }) => key.id,
  ).map(([{ tenant, key, reference }, { ranges }]) => ({
    id: `key ${key.id}`,
    group: "Keys",
    title: distinctPart(reference),
    ranges,
    note: `root key of ${tenant}`,
    icon: "key",
    state: key.state,
    copies: reference,
    run: () => go(`/hierarchy/${encodeURIComponent(tenant)}`),
  }));
}

function findRecord(text: string, go: Searched["go"]): Found[] {
  if (!/^\d{1,15}$/.test(text)) return [];
  const seq = String(Number(text));
  return [
    {
      id: `record ${seq}`,
      group: "Records",
      title: `Record ${seq}`,
      ranges: [],
      note: "with its proof",
      icon: "record",
      copies: seq,
      run: () => go(`/audit/${seq}`),
    },
  ];
}

/** The best of many by the first text that matches; only the first one's ranges are shown. */
function best<T>(
  text: string,
  all: readonly T[],
  title: (one: T) => string,
  ...others: ((one: T) => string)[]
): [T, Match][] {
  const found: [T, Match][] = [];
  for (const one of all) {
    const match = fuzzy(text, title(one));
    if (match !== null) {
      found.push([one, match]);
      continue;
    }
    const other = others.map((read) => fuzzy(text, read(one))).find((tried) => tried !== null);
    if (other) found.push([one, { score: other.score - 4, ranges: [] }]);
  }
  return found.sort((a, b) => b[1].score - a[1].score).slice(0, SHOWN);
}
