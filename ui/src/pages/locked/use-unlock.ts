import { useMutation, type UseMutationResult, useQueryClient } from "@tanstack/react-query";
import { askAhead, call, commands, keys } from "@/ipc";

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
    // What the first page shows is asked for at once, and not after the window has looked how it stands.
    onSuccess: () => askAhead(client),
    onSettled: () => client.invalidateQueries({ queryKey: keys.standing }),
  });
}
