import type { commands } from "@/generated/bindings";

/** A failed command, as the engine tells it. Only its `code` is to decide by. */
export type CommandError = Extract<
  Awaited<ReturnType<typeof commands.workspaceShow>>,
  { status: "error" }
>["error"];

/** A failed command, thrown. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly failure: CommandError;

  constructor(failure: CommandError) {
    super(failure.message);
    this.failure = failure;
  }
}

/** What a caught value says, whatever it is: a failed command, or a fault of the window itself. */
export function failureOf(caught: unknown): CommandError {
  if (caught instanceof CommandFailure) return caught.failure;
  return {
    code: "unexpected",
    message: caught instanceof Error ? caught.message : String(caught),
    next_step: "try it again; if it happens again, report it with this code",
    details: {},
  };
}

/** Whether a caught value is a failed command with this code. */
export const hasCode = (caught: unknown, code: string): boolean =>
  caught instanceof CommandFailure && caught.failure.code === code;
