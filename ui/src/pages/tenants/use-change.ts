import { useMutation, useQueryClient } from "@tanstack/react-query";
import { keys } from "@/ipc";

/** A command that changes tenants; afterwards everything that says so is asked again. */
export function useChange<Taken, Given>(
  change: (taken: Taken) => Promise<Given>,
  done?: (given: Given) => void,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (given) => {
      await Promise.all(
        [keys.tenants.all, keys.hierarchy.all, keys.rotation.all].map((queryKey) =>
          client.invalidateQueries({ queryKey }),
        ),
      );
      done?.(given);
    },
  });
}
