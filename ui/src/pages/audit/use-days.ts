import { useQuery } from "@tanstack/react-query";
import { call, commands, type Data, keys, useRole } from "@/ipc";

export type DayItem = Data<"auditDays">[number];

/** The log's days, oldest first. They are the whole log's: a tenant's approver doesn't see them. */
export function useDays() {
  const role = useRole();
  return useQuery({
    queryKey: keys.audit.live("days"),
    queryFn: () => call(commands.auditDays()),
    enabled: role !== undefined && role.kind !== "tenant-approver",
  });
}
