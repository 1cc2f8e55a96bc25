/** What more than one page asks for. A page's own queries lie beside the page. */
import { type QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { call } from "./call";
import { commands } from "./commands";
import { keys } from "./keys";
import { parseRole, type Role } from "./role";

const workspace = queryOptions({
  queryKey: keys.workspace,
  queryFn: () => call(commands.workspaceShow()),
});
const tenants = queryOptions({
  queryKey: keys.tenants.list,
  queryFn: () => call(commands.tenantsList()),
});
const attention = queryOptions({
  queryKey: keys.attention,
  queryFn: () => call(commands.attentionList()),
});

/** Asks for what the window and its first page show, before they do. What fails is asked for again by them. */
export function askAhead(client: QueryClient): void {
  client.query(workspace).catch(() => undefined);
  client.query(tenants).catch(() => undefined);
  client.query(attention).catch(() => undefined);
}

/** How the window stands to its workspace. */
export const useStanding = () =>
  useQuery({ queryKey: keys.standing, queryFn: () => call(commands.workspaceStanding()) });

/** The open workspace. */
export const useWorkspace = () => useQuery(workspace);

/** In which role somebody works; `undefined` until it is known. */
export function useRole(): Role | undefined {
  const role = useWorkspace().data?.role;
  return role === undefined ? undefined : parseRole(role);
}

/** Whether the window works as administrator: it offers changes to no other role. The engine decides. */
export const useAdministrator = (): boolean => useRole()?.kind === "administrator";

/** All tenants that the role may see. */
export const useTenants = () => useQuery(tenants);

/** The rewraps of this process, running and ended. */
export const useRewraps = () =>
  useQuery({ queryKey: keys.rewraps.all, queryFn: () => call(commands.rewrapJobs()) });

/** When the log was last verified, by anybody, and what is kept outside says of it. */
export const useLogStanding = () =>
  useQuery({ queryKey: keys.audit.live("standing"), queryFn: () => call(commands.logStanding()) });

/** What needs a person now, most urgent first. */
export const useAttention = () => useQuery(attention);
