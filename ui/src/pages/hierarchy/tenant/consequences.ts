/** What hangs on one root key, by the engine's counts. */
import type { HierarchyView, RootKeyNode } from "../queries";

export interface Hanging {
  /** Datasets with data keys under it. */
  readonly datasets: readonly string[];
  readonly dataKeys: number;
  /** Objects of those datasets. */
  readonly objects: number;
  readonly bytes: number;
  /** Unwrapped data keys of those datasets in memory. */
  readonly cached: number;
  /** Until when the last of them may serve. */
  readonly cachedUntil: string | null;
  /** Data keys under versions that are to be rewrapped. */
  readonly stale: number;
  readonly staleVersions: readonly number[];
  /** Datasets with no data key under it: they stay readable. */
  readonly untouched: readonly string[];
}

export function hangingOn(view: HierarchyView, root: RootKeyNode): Hanging {
  const names = new Set(
    root.versions.flatMap(({ datasets }) =>
      datasets.filter((one) => one.data_keys > 0).map((one) => one.dataset),
    ),
  );
  const touched = view.datasets.filter(({ dataset }) => names.has(dataset.name));
  const cached = view.cached.filter(({ dataset }) => names.has(dataset));
  const stale = root.versions.filter((version) => version.stale && version.data_keys > 0);
  const sum = <Item>(items: readonly Item[], of: (item: Item) => number) =>
    items.reduce((total, item) => total + of(item), 0);
  return {
    datasets: touched.map(({ dataset }) => dataset.name),
    dataKeys: sum(root.versions, (version) => version.data_keys),
    objects: sum(touched, (node) => node.objects),
    bytes: sum(touched, (node) => node.bytes),
    cached: cached.length,
    cachedUntil: cached.reduce<string | null>(
      (last, { until }) => (last === null || new Date(until) > new Date(last) ? until : last),
      null,
    ),
    stale: sum(stale, (version) => version.data_keys),
    staleVersions: stale.map(({ version }) => version),
    untouched: view.datasets
      .filter(({ dataset, data_keys }) => data_keys > 0 && !names.has(dataset.name))
      .map(({ dataset }) => dataset.name),
  };
}

/** The root key to begin with: the one in use, or else the newest. */
export const firstOf = (view: HierarchyView): RootKeyNode | undefined =>
  view.root_keys.find(({ key }) => key.state === "active") ?? view.root_keys.at(-1);

/** A few names, and how many more there are. */
export function namesOf(names: readonly string[], most = 3): string {
  if (names.length <= most + 1) {
    return names.length < 2
      ? (names[0] ?? "")
      : `${names.slice(0, -1).join(", ")} and ${names.at(-1) ?? ""}`;
  }
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
