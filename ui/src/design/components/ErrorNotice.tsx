import { Button } from "@mantine/core";
import { CopyButton } from "./CopyButton";
import { Icon } from "./Icon";
import classes from "./ErrorNotice.module.css";

/** A failed command, as it crosses from the engine. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly next_step: string | null;
  readonly details: Readonly<Partial<Record<string, string>>>;
}

interface ErrorNoticeProps {
  readonly failure: Failure;
  /** Tries the same again. */
  readonly retry?: (() => void) | undefined;
}

/** What happened, to which key, what to do next, and the stable code with all of it to copy. */
export function ErrorNotice({ failure, retry }: ErrorNoticeProps) {
  const details = Object.entries(failure.details);
  return (
    <div className={classes.notice} role="alert" data-tone="compromised">
      <Icon name="compromised" size={16} />
      <div className={classes.text}>
        <p className={classes.message}>{sentence(failure.message)}</p>
        {failure.next_step !== null && <p>{sentence(failure.next_step)}</p>}
        {details.length > 0 && (
          <dl className={classes.details}>
            {details.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd className="mono">{value}</dd>
              </div>
            ))}
          </dl>
        )}
        <div className={classes.end}>
          <code>{failure.code}</code>
          <CopyButton value={asText(failure)} label="copy the error" text="Copy" />
          {retry !== undefined && (
            <Button size="compact-xs" className={classes.retry ?? ""} onClick={retry}>
              Try again
            </Button>
          )}
        </div>
      </div>
    </div>
  );
}

/** Messages come in lower case, without a period. `code` in backticks stays as it is. */
function sentence(text: string): string {
  const first = text.startsWith("`") ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** All of it, for a ticket. */
export function asText({ code, message, next_step, details }: Failure): string {
  const facts = Object.entries(details).map(([name, value]) => `${name}: ${value ?? ""}`);
  return [code, message, next_step, ...facts].filter((line) => line !== null).join("\n");
}
