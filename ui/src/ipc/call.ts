import { CommandFailure, type CommandError } from "./failure";

/** How a generated command answers. */
type Answer<T> = { status: "ok"; data: T } | { status: "error"; error: CommandError };

/** The data of a command; a failed one throws a `CommandFailure`. */
export async function call<T>(asked: Promise<Answer<T>>): Promise<T> {
  const answer = await asked;
  if (answer.status === "ok") return answer.data;
  throw new CommandFailure(answer.error);
}
