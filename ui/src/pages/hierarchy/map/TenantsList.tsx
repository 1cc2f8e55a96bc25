import { TextInput } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { Badge, type Column, DataTable, EmptyState, grouped, Icon, Keys } from "@/design";
import { useKey } from "../use-key";
import { drawn, type Kind, kinds } from "./kinds";
import type { Spot } from "./regions";
import classes from "./map.module.css";

const columns: readonly Column<Spot>[] = [
  {
    id: "tenant",
    head: "Tenant",
    width: "minmax(80px, 1fr)",
    cell: ({ row }) => <span className="clip">{row.display_name}</span>,
    sort: ({ row }) => row.display_name,
  },
  {
    id: "state",
    head: "Now",
    width: "112px",
    cell: ({ kind }) => (
      <Badge quiet tone={drawn[kind].tone} icon={drawn[kind].icon}>
        {drawn[kind].word}
      </Badge>
    ),
    sort: ({ kind }) => kinds.indexOf(kind),
  },
  {
    id: "age",
    head: "Age",
    width: "52px",
    align: "end",
    cell: ({ share }) => (share > 0 ? `${grouped(Math.round(share * 100))} %` : "–"),
    sort: ({ share }) => share,
  },
];

interface TenantsListProps {
  readonly spots: readonly Spot[] | undefined;
  /** The selected region. */
  readonly region: string | null;
  readonly onOpen: (tenant: string) => void;
}

/** Who is at risk, by how many; and below every tenant by name: the keyboard's way through the map. */
export function TenantsList({ spots, region, onOpen }: TenantsListProps) {
  const [kind, setKind] = useState<Kind | null>(null);
  const [text, setText] = useState("");
  const [selected, setSelected] = useState<string | null>(null);
  const search = useRef<HTMLInputElement>(null);
  useKey("/", () => search.current?.focus());
  const here = useMemo(
    () => spots?.filter((spot) => region === null || spot.region === region),
    [spots, region],
  );
  const counts = useMemo(() => {
    const found = new Map<Kind, number>();
    for (const spot of here ?? []) found.set(spot.kind, (found.get(spot.kind) ?? 0) + 1);
    return found;
  }, [here]);
  const rows = useMemo(() => {
    const asked = text.trim().toLowerCase();
    return here?.filter(
      (spot) => (kind === null || spot.kind === kind) && (asked === "" || isNamed(spot, asked)),
    );
  }, [here, kind, text]);
  return (
    <aside className={classes.side} aria-label="Tenants">
      <h2>
        {region ?? "All regions"} <span>by state and age</span>
      </h2>
      <ul className={classes.ranks}>
        {kinds
          .filter((one) => counts.has(one))
          .map((one) => (
            <li key={one}>
              <button
                type="button"
                aria-pressed={one === kind}
                onClick={() => setKind(one === kind ? null : one)}
              >
                <Badge quiet tone={drawn[one].tone} icon={drawn[one].icon}>
                  {drawn[one].title}
                </Badge>
                <b>{grouped(counts.get(one) ?? 0)}</b>
              </button>
            </li>
          ))}
      </ul>
      <TextInput
        ref={search}
        className={classes.search ?? ""}
        aria-label="Find a tenant, key or region"
        placeholder="tenant, key or region"
        leftSection={<Icon name="search" size={12} />}
        rightSection={text === "" ? <Keys keys="/" /> : null}
        rightSectionPointerEvents="none"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <DataTable
        label="Tenants on the map"
        density="dense"
        columns={columns}
        rows={rows}
        idOf={idOf}
        selected={selected}
        onSelect={(spot) => setSelected(spot?.row.id ?? null)}
        onOpen={({ row }) => onOpen(row.id)}
        empty={<EmptyState>No tenant here is called that.</EmptyState>}
      />
    </aside>
  );
}

const idOf = ({ row }: Spot): string => row.id;

const isNamed = ({ row, region }: Spot, text: string): boolean =>
  [row.id, row.display_name, row.root_key?.reference ?? "", region].some((word) =>
    word.toLowerCase().includes(text),
  );
