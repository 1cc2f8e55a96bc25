import { Link } from "react-router";
import { Icon } from "@/design";
import type { TenantRow } from "@/ipc";
import type { Stage } from "./stage";
import classes from "./onboarding.module.css";

interface RailProps {
  readonly stage: Stage;
  /** What is known of the root key, in a few words. */
  readonly rootKey: string | null;
  readonly challenge: string | null;
  readonly others: readonly TenantRow[];
}

const order: readonly Stage[] = ["key", "challenge", "done"];

/** The steps, and what else is under way. */
export function Rail({ stage, rootKey, challenge, others }: RailProps) {
  const at = order.indexOf(stage) + 1;
  const steps = [
    { title: "Tenant", note: "registered" },
    { title: "Root key and policy", note: rootKey ?? "its reference, what to allow" },
    { title: "Challenge", note: challenge ?? "proves whose key it is" },
    { title: "Active", note: stage === "done" ? "reads and writes are served" : "put to use" },
  ];
  return (
    <nav className={classes.rail} aria-label="Steps of onboarding">
      <ol>
        {steps.map((step, index) => {
          const state = stage === "done" || index < at ? "done" : index === at ? "now" : "later";
          return (
            <li
              key={step.title}
              data-state={state}
              aria-current={state === "now" ? "step" : undefined}
            >
              <span className={classes.number} data-tone={state === "done" ? "active" : "accent"}>
                {state === "done" ? <Icon name="check" size={12} label="done" /> : index + 1}
              </span>
              <div>
                <b>{step.title}</b>
                <small>{step.note}</small>
              </div>
            </li>
          );
        })}
      </ol>
      {others.length > 0 && (
        <section>
          <h2>Others in onboarding</h2>
          <ul>
            {others.slice(0, 6).map((row) => (
              <li key={row.id}>
                <Link className="clip" to={`/onboarding/${encodeURIComponent(row.id)}`}>
                  {row.display_name}
                </Link>
                <span className="muted clip">
                  {row.challenge?.state ?? (row.root_key === null ? "no key yet" : "no challenge")}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </nav>
  );
}
