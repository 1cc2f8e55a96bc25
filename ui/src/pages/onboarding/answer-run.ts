/**
 * A challenge's answer under way, and the challenges that this window has started: kept in the cache, so
 * that a page may be left and taken up again. The engine keeps only what an answer must hash to.
 */
import { type QueryClient, skipToken, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Step } from "@/design";
import {
  type AnswerInput,
  call,
  type ChallengeItem,
  type ChallengeStepView,
  Channel,
  type CommandError,
  commands,
  failureOf,
  keys,
} from "@/ipc";

export interface AnswerRun {
  readonly passed: readonly ChallengeStepView[];
  readonly over: boolean;
  readonly failure: CommandError | null;
}

const runKey = (id: string) => ["challenges", "run", id];
const itemKey = (id: string) => ["challenges", "item", id];
const kept = { queryFn: skipToken, gcTime: Infinity } as const;

export const useAnswerRun = (id: string | undefined): AnswerRun | undefined =>
  useQuery<AnswerRun>({ queryKey: runKey(id ?? ""), ...kept }).data;

/** What the tenant needs to answer it; `undefined` where another window or the command started it. */
export const useChallengeItem = (id: string | undefined): ChallengeItem | undefined =>
  useQuery<ChallengeItem>({ queryKey: itemKey(id ?? ""), ...kept }).data;

export function keepChallenge(client: QueryClient, item: ChallengeItem): void {
  client.setQueryDefaults(itemKey(item.id), { gcTime: Infinity });
  client.setQueryData(itemKey(item.id), item);
}

/** Answers a challenge, and follows its steps. */
export function useAnswer() {
  const client = useQueryClient();
  return async (id: string, answer: AnswerInput): Promise<void> => {
    const change = (next: (run: AnswerRun) => AnswerRun) => {
      client.setQueryData<AnswerRun>(runKey(id), (run) => run && next(run));
    };
    client.setQueryDefaults(runKey(id), { gcTime: Infinity });
    client.setQueryData<AnswerRun>(runKey(id), { passed: [], over: false, failure: null });
    const steps = new Channel<ChallengeStepView>();
    steps.onmessage = (step) => {
      change((run) => ({ ...run, passed: [...run.passed, step] }));
    };
    let failure: CommandError | null = null;
    try {
      await call(commands.challengeAnswer(id, answer, steps));
    } catch (caught) {
      failure = failureOf(caught);
    }
    change((run) => ({ ...run, over: true, failure }));
    await client.invalidateQueries({ queryKey: keys.tenants.all });
  };
}

interface Planned {
  readonly id: ChallengeStepView;
  readonly title: string;
  readonly note: string;
}

const planned = (tenant: string): readonly Planned[] => [
  { id: "answered", title: "Check the answer", note: "only the key’s owner can give it" },
  { id: "described", title: "Describe the key", note: "enabled, and made to wrap" },
  {
    id: "own-context",
    title: "Wrap and unwrap a test key",
    note: `in the encryption context of ${tenant}`,
  },
  {
    id: "foreign-context",
    title: "Unwrap it in another tenant’s context",
    note: "must be refused: this keeps tenants apart",
  },
  { id: "activated", title: "Put the key to use", note: "recorded in the log" },
];

/** Every step with its outcome. */
export function answerSteps(tenant: string, run: AnswerRun | undefined): Step[] {
  const passed = run?.passed ?? [];
  const waits = passed.includes("proven");
  return planned(tenant).map((one, index): Step => {
    const done = passed.includes(one.id) || (one.id === "activated" && waits);
    const next = index === passed.length && run !== undefined;
    const failed = next && run.failure !== null;
    return {
      id: one.id,
      title: waits && one.id === "activated" ? "Proven: waits to be rotated to" : one.title,
      note: failed ? run.failure.message : one.note,
      state: done ? "done" : failed ? "failed" : next && !run.over ? "running" : "waiting",
      ...(done ? { end: one.id === "foreign-context" ? "refused" : "passed" } : {}),
    };
  });
}
