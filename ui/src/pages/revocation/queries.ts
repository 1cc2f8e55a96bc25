/** What the revocation pages ask the engine for. */
import { useQuery } from "@tanstack/react-query";
import { call, commands, keys } from "@/ipc";

/** Revocations and denials of all tenants; asked again when a tenant's state changes. */
export const useRevocations = () =>
  useQuery({
    queryKey: [...keys.tenants.all, "revocations"],
    queryFn: () => call(commands.revocationsList(null)),
  });

/** Those of one tenant; asked again with every record, since a refused read is part of them. */
export const useRevocationsOf = (tenant: string) =>
  useQuery({
    queryKey: keys.audit.live("revocations", tenant),
    queryFn: () => call(commands.revocationsList(tenant)),
  });

export const blastRadiusKey = (tenant: string) => [...keys.tenants.one(tenant), "blast-radius"];

/** What revoking the tenant would lock: counted whenever the page is opened. */
export const useBlastRadius = (tenant: string) =>
  useQuery({
    queryKey: blastRadiusKey(tenant),
    queryFn: () => call(commands.blastRadius(tenant)),
    staleTime: 0,
  });
