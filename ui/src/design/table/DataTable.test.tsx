import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { show } from "@/testing/show";
import type { Column } from "./columns";
import { DataTable } from "./DataTable";

interface Tenant {
  id: string;
  keys: number | null;
}

const columns: readonly Column<Tenant>[] = [
  { id: "tenant", head: "Tenant", width: "1fr", cell: ({ id }) => id, sort: ({ id }) => id },
  {
    id: "keys",
    head: "Data keys",
    width: "80px",
    align: "end",
    cell: ({ keys }) => keys ?? "–",
    sort: ({ keys }) => keys,
  },
];
const tenants: Tenant[] = [
  { id: "b", keys: 2 },
  { id: "a", keys: null },
  { id: "c", keys: 10 },
];
const idOf = ({ id }: Tenant) => id;

function Table({ rows, onOpen }: { rows: Tenant[]; onOpen?: (row: Tenant) => void }) {
  const [selected, setSelected] = useState<string | null>(null);
  return (
    <DataTable
      label="Tenants"
      columns={columns}
      rows={rows}
      idOf={idOf}
      selected={selected}
      onSelect={(row) => setSelected(row?.id ?? null)}
      onOpen={onOpen}
      empty="no tenants"
    />
  );
}

const firstCells = () =>
  screen
    .getAllByRole("row")
    .slice(1)
    .map((row) => within(row).getAllByRole("gridcell")[0]?.textContent);

describe("DataTable", () => {
  it("sorts by a head, turns round, and puts what has no value last", async () => {
    const user = userEvent.setup();
    show(<Table rows={tenants} />);
    expect(firstCells()).toEqual(["b", "a", "c"]);
    const head = screen.getByRole("button", { name: "Data keys" });
    await user.click(head);
    expect(firstCells()).toEqual(["b", "c", "a"]);
    await user.click(head);
    expect(firstCells()).toEqual(["c", "b", "a"]);
    expect(screen.getByRole("columnheader", { name: "Data keys" })).toHaveAttribute(
      "aria-sort",
      "descending",
    );
    await user.click(head);
    expect(firstCells()).toEqual(["b", "a", "c"]);
  });

  it("moves by J and K, opens with Enter and lets go with Escape", async () => {
    const user = userEvent.setup();
    const onOpen = vi.fn();
    show(<Table rows={tenants} onOpen={onOpen} />);
    screen.getByRole("grid").focus();
    await user.keyboard("jj{Enter}");
    expect(onOpen).toHaveBeenCalledWith(tenants[1]);
    await user.keyboard("k");
    expect(screen.getByRole("row", { selected: true })).toHaveTextContent("b");
    await user.keyboard("{End}");
    expect(screen.getByRole("row", { selected: true })).toHaveTextContent("c");
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("row", { selected: true })).toBeNull();
  });

  it("draws few of many rows and says how many there are", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({ id: String(index), keys: index }));
    show(<Table rows={many} />);
    expect(screen.getByRole("grid")).toHaveAttribute("aria-rowcount", "10001");
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
  });

  it("says what would be here", () => {
    show(<Table rows={[]} />);
    expect(screen.getByText("no tenants")).toBeInTheDocument();
  });

  it("says why rows couldn't be loaded", () => {
    const failure = { code: "locked", message: "it is locked", next_step: null, details: {} };
    show(
      <DataTable
        label="Tenants"
        columns={columns}
        rows={undefined}
        idOf={idOf}
        failure={failure}
        empty=""
      />,
    );
    expect(screen.getByRole("alert")).toHaveTextContent("It is locked.");
  });
});
