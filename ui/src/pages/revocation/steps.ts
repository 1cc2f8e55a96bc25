/** The steps of a revocation under way, for people. */
import type { Step } from "@/design";
import { duration, grouped } from "@/design";
import type { Run } from "./run";

type Told = Run["heard"][number]["step"];

interface Planned {
  readonly id: Told["step"];
  readonly waits: string;
}

const here: readonly Planned[] = [
  { id: "recorded", waits: "Record it: every process refuses from then on" },
  { id: "evicted", waits: "Wipe the unwrapped data keys of this process" },
];

/** What was done, what is under way, what failed, and what is still to come. */
export function stepsOf(run: Run, place: string): Step[] {
  const planned: readonly Planned[] = run.atProvider
    ? [
        ...here,
        { id: "disabled", waits: `Disable the root key at ${place}` },
        { id: "first-refusal", waits: `Watch ${place} until it refuses the key` },
      ]
    : here;
  const heardOf = ({ id }: Planned) =>
    run.heard.find(
      ({ step }) => step.step === id || (id === "first-refusal" && step.step === "still-answers"),
    );
  const next = planned.findIndex((one) => heardOf(one) === undefined);
  return planned.map((one, index): Step => {
    const heard = heardOf(one);
    if (heard !== undefined) {
      return { id: one.id, ...passed(heard.step, place), end: `+${duration(heard.at)}` };
    }
    if (index !== next) return { id: one.id, state: "waiting", title: one.waits };
    if (run.failure !== null) {
      return { id: one.id, state: "failed", title: one.waits, note: run.failure.message };
    }
    return { id: one.id, state: run.over ? "waiting" : "running", title: one.waits };
  });
}

function passed(step: Told, place: string): Pick<Step, "state" | "title" | "note"> {
  switch (step.step) {
    case "recorded":
      return { state: "done", title: "Recorded: every process refuses" };
    case "evicted":
      return { state: "done", title: `${grouped(step.keys)} unwrapped data keys wiped` };
    case "disabled":
      return { state: "done", title: `Root key disabled at ${place}` };
    case "first-refusal":
      return {
        state: "done",
        title: `${place} refuses it`,
        note: `${duration(step.after_ms / 1000)} after it was disabled`,
      };
    case "still-answers":
      return {
        state: "attention",
        title: `${place} still answers`,
        note: `watched for ${String(step.watched_seconds)} s; Keyward refuses all the same`,
      };
  }
}
