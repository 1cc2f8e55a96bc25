import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { keys } from "./keys";

/** How long changes are gathered before anything is asked again: a rewrap appends many a second. */
export const GATHER_MS = 400;

/** Which queries each event makes stale. */
export const stale = {
  recordsAppended: (actions: readonly string[]): QueryKey[] => [
    keys.audit.live(),
    keys.workspace,
    keys.witnesses,
    keys.attention,
    ...(actions.some((action) => action.startsWith("credential.")) ? [keys.credentials] : []),
  ],
  stateChanged: (): QueryKey[] => [
    keys.tenants.all,
    keys.hierarchy.all,
    keys.rotation.all,
    keys.approvals.all,
  ],
  jobsChanged: (): QueryKey[] => [keys.rewraps.all],
};

/** Gathers what became stale, and asks for it again together. */
export class Changes {
  readonly #client: QueryClient;
  readonly #waiting = new Map<string, QueryKey>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  add(queries: readonly QueryKey[]): void {
    for (const key of queries) this.#waiting.set(JSON.stringify(key), key);
    this.#timer ??= setTimeout(() => {
      this.flush();
    }, GATHER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const queries = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const queryKey of queries) void this.#client.invalidateQueries({ queryKey });
  }

  /** Forgets everything: what was shown belonged to a workspace that isn't open any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting.clear();
  }
}
