import { describe, expect, it } from "vitest";
import { dataset, hierarchy, rootKey, version } from "../testing";
import { graphOf, litWith } from "./graph";
import { layoutOf } from "./layout";

const many = (count: number) => {
  const names = Array.from(
    { length: count },
    (_, index) => `set-${String(index).padStart(3, "0")}`,
  );
  const wraps = Object.fromEntries(names.map((name) => [name, 2]));
  return hierarchy({
    root_keys: [rootKey(1, [version(1, false, wraps)])],
    datasets: names.map((name) => dataset(name, 2)),
  });
};

describe("graphOf", () => {
  it("links versions to the datasets whose data keys they wrap, by count", () => {
    const { links } = graphOf(hierarchy(), 24);
    expect(links.find(({ id }) => id === "version 1/2 > dataset mail")).toMatchObject({
      keys: 2,
      stale: true,
    });
    expect(links.find(({ id }) => id === "version 1/3 > dataset mail")).toMatchObject({
      keys: 6,
      stale: false,
    });
  });

  it("gathers the datasets beyond a number, and never those under an old version first", () => {
    const view = many(60);
    const datasets = [...view.datasets.slice(0, -1), dataset("set-059", 2, 1)];
    const { nodes, links } = graphOf({ ...view, datasets }, 24);
    const shown = nodes.filter(({ subject }) => subject.kind === "dataset");
    expect(shown).toHaveLength(24);
    expect(shown[0]?.id).toBe("dataset set-059");
    expect(links.find(({ to }) => to === "datasets more")?.keys).toBe(72);
    expect(nodes.length).toBeLessThan(60);
  });

  it("gathers the older of many versions", () => {
    const versions = Array.from({ length: 20 }, (_, index) =>
      version(20 - index, index > 0, { mail: 1 }),
    );
    const view = hierarchy({ root_keys: [rootKey(1, versions)], datasets: [dataset("mail", 20)] });
    const { nodes, links } = graphOf(view, 24);
    expect(nodes.filter(({ layer }) => layer === 1)).toHaveLength(8);
    expect(links.find(({ id }) => id === "version 1/older > dataset mail")?.keys).toBe(13);
  });
});

describe("litWith", () => {
  it("lights everything under a root key, and nothing that only another wraps", () => {
    const lit = litWith(graphOf(hierarchy(), 24), "root-key 1");
    expect(lit).toContain("dataset mail");
    expect(lit).toContain("objects documents");
    expect(lit).not.toContain("dataset archive");
    expect(lit).not.toContain("root-key 2");
  });
});

describe("layoutOf", () => {
  it("stands every layer in its column, and nothing over anything else", () => {
    const view = hierarchy({
      root_keys: [
        ...hierarchy().root_keys,
        rootKey(3, [], "pre-activation"),
        rootKey(4, [version(1, false, {})]),
      ],
      datasets: [...hierarchy().datasets, dataset("empty", 0)],
    });
    const graph = graphOf(view, 24);
    const { nodes, columns } = layoutOf(graph, 776);
    for (const layer of [0, 1, 2, 3] as const) {
      const places = graph.nodes
        .filter((node) => node.layer === layer)
        .flatMap(({ id }) => nodes.get(id) ?? [])
        .sort((a, b) => a.y - b.y);
      places.forEach((place, index) => {
        expect(place.x).toBe(columns[layer]);
        const before = places[index - 1];
        if (before !== undefined) expect(place.y).toBeGreaterThanOrEqual(before.y + before.height);
      });
    }
  });

  it("draws the link of the most data keys the thickest", () => {
    const { links } = layoutOf(graphOf(hierarchy(), 24), 776);
    const width = (id: string) => links.get(id)?.width ?? 0;
    expect(width("version 1/3 > dataset mail")).toBeGreaterThan(
      width("version 1/2 > dataset mail"),
    );
  });
});
