import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type { CommandError } from "@/ipc/failure";

/** Answers a command by its name in Rust; what it throws as a `failure` is a failed command. */
export type Answers = Readonly<Record<string, (args: Record<string, unknown>) => unknown>>;

/** A command that was called. */
export interface Called {
  readonly command: string;
  readonly args: Record<string, unknown>;
}

/** A stand-in for the engine. */
export interface MockEngine {
  /** What was called, in order. */
  readonly called: Called[];
  /** Answers further commands, or some in another way. */
  answer(answers: Answers): void;
  /** Sends an event to the window. */
  emit(event: string, payload: unknown): Promise<void>;
}

/** Answers the window's commands until the test ends. One without an answer fails, so that a test names all it needs. */
export function mockEngine(answers: Answers = {}): MockEngine {
  let known: Answers = answers;
  const called: Called[] = [];
  mockIPC(
    (command, payload) => {
      const args = (payload ?? {}) as Record<string, unknown>;
      called.push({ command, args });
      const answer = known[command];
      // A failed command isn't an `Error`: it crosses as plain data.
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      if (answer === undefined) throw failed("unexpected", `no answer to \`${command}\``);
      return answer(args);
    },
    { shouldMockEvents: true },
  );
  return {
    called,
    answer: (more) => {
      known = { ...known, ...more };
    },
    emit: (event, payload) => emit(event, payload),
  };
}

/** A failed command, to be thrown by an answer. It isn't an `Error`: it crosses as plain data. */
export const failed = (
  code: string,
  message: string,
  next_step: string | null = null,
  details: Record<string, string> = {},
): CommandError => ({ code, message, next_step, details });

/** Fails a command from within its answer. */
export function fail(...failure: Parameters<typeof failed>): never {
  // It isn't an `Error`: it crosses as plain data.
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw failed(...failure);
}
