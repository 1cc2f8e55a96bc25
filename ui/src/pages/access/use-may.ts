import { useQuery } from "@tanstack/react-query";
import { commands, keys, type Role, useRole } from "@/ipc";

/** An action with each role's right to it. */
export type AccessRow = Awaited<ReturnType<typeof commands.accessMatrix>>[number];

/** Every action with each role's right to it. The rules are the engine's, and don't change while it runs. */
export const useAccessMatrix = () =>
  useQuery({ queryKey: keys.access, queryFn: () => commands.accessMatrix() });

/** A role as a column of the matrix. */
const columnOf = {
  administrator: "administrator",
  "security-officer": "security_officer",
  "tenant-approver": "tenant_approver",
} as const satisfies Record<Role["kind"], string>;

/**
 * Whether the engine's rules let the window's role do something, so that no button is offered in vain.
 * The engine decides all the same when it is asked.
 */
export function useMay(): (action: string) => boolean {
  const role = useRole();
  const matrix = useAccessMatrix().data;
  return (action) => {
    if (role === undefined) return false;
    const row = matrix?.find((one) => one.action === action);
    return row !== undefined && row[columnOf[role.kind]] !== "none";
  };
}
