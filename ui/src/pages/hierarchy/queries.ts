/** What the hierarchy asks the engine for, beside all tenants. */
import { useQuery } from "@tanstack/react-query";
import { call, commands, type Data, keys } from "@/ipc";

export type HierarchyView = Data<"hierarchyShow">;
export type RootKeyNode = HierarchyView["root_keys"][number];
export type DatasetNode = HierarchyView["datasets"][number];

/** A tenant's keys as they hang together. */
export const useHierarchy = (tenant: string) =>
  useQuery({
    queryKey: keys.hierarchy.of(tenant),
    queryFn: () => call(commands.hierarchyShow(tenant)),
  });

/** What revoking the tenant would lock; the last measured revocations of all are part of it. */
export const useBlastRadius = (tenant: string) =>
  useQuery({
    queryKey: [...keys.hierarchy.of(tenant), "blast-radius"],
    queryFn: () => call(commands.blastRadius(tenant)),
  });
