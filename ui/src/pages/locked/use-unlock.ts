import { useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import { call, commands, keys } from "@/ipc";

interface Secret {
  /** `null` takes what the keyring holds. It goes to Rust and is kept nowhere here. */
  readonly passphrase: string | null;
  /** Why a log that contradicts its anchor is accepted. */
  readonly reason: string | null;
}

export type Unlocking = UseMutationResult<null, Error, Secret>;

/** Opens the workspace. */
export function useUnlock(): Unlocking {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ passphrase, reason }: Secret) =>
      call(commands.workspaceUnlock(passphrase, reason)),
    // A mutation's arguments are kept with it: a passphrase must not be.
    gcTime: 0,
    onSettled: () => client.invalidateQueries({ queryKey: keys.standing }),
  });
}
