/**
 * A revocation under way. It goes on while pages change, so it is kept beside them: in the cache, which
 * forgets it when the workspace is locked.
 */
import { type QueryClient, skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  call,
  Channel,
  type CommandError,
  commands,
  failureOf,
  keys,
  type RevokeStepView,
} from "@/ipc";
import type { Heard } from "./lines";

export interface Run {
  readonly atProvider: boolean;
  /** `performance.now()` when it was asked for. */
  readonly began: number;
  readonly heard: readonly Heard[];
  readonly over: boolean;
  readonly failure: CommandError | null;
}

/** The name of the drill among the runs: no tenant's id has a space. */
export const DRILL = "a drill";

const runKey = (name: string) => ["revocation-runs", name];

/** The run of a tenant, or of the drill, in this window: under way or over. */
export const useRun = (name: string): Run | undefined =>
  useQuery<Run>({ queryKey: runKey(name), queryFn: skipToken, gcTime: Infinity }).data;

export interface Revocation {
  readonly tenant: string;
  readonly typed: string;
  readonly reason: string;
  readonly atProvider: boolean;
}

/** Starts revocations and drills. */
export function useRuns() {
  const client = useQueryClient();
  return {
    revoke: ({ tenant, typed, reason, atProvider }: Revocation) =>
      follow(client, tenant, atProvider, (steps) =>
        call(commands.tenantRevoke(tenant, typed, reason, atProvider, steps)),
      ),
    drill: () => follow(client, DRILL, true, (steps) => call(commands.revocationDrill(steps))),
    /** Forgets what is over. */
    clear: (name: string) => {
      client.removeQueries({ queryKey: runKey(name) });
    },
  };
}

async function follow(
  client: QueryClient,
  name: string,
  atProvider: boolean,
  ask: (steps: Channel<RevokeStepView>) => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  const start: Run = { atProvider, began, heard: [], over: false, failure: null };
  client.setQueryData<Run>(runKey(name), start);
  const change = (next: (run: Run) => Run) => {
    client.setQueryData<Run>(runKey(name), (run) => run && next(run));
  };
  const steps = new Channel<RevokeStepView>();
  steps.onmessage = (step) => {
    const heard = { step, at: (performance.now() - began) / 1000 };
    change((run) => ({ ...run, heard: [...run.heard, heard] }));
  };
  let failure: CommandError | null = null;
  try {
    await ask(steps);
  } catch (caught) {
    failure = failureOf(caught);
  }
  // From here on the log's records are shown, so they must be there first.
  await Promise.all(
    [keys.tenants.all, keys.audit.live("revocations")].map((queryKey) =>
      client.invalidateQueries({ queryKey }),
    ),
  );
  change((run) => ({ ...run, over: true, failure }));
}
