import { Button, PasswordInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { ErrorNotice, Icon } from "@/design";
import type { CommandError, WorkspaceStanding } from "@/ipc";
import { situationOf } from "./situations";
import type { Unlocking } from "./use-unlock";
import classes from "./locked.module.css";

interface UnlockProps {
  readonly standing: WorkspaceStanding;
  readonly unlocking: Unlocking;
  readonly failure: CommandError | null;
}

/** Asks for the workspace's secret: the passphrase, or what the system's keyring holds. */
export function Unlock({ standing, unlocking, failure }: UnlockProps) {
  const [passphrase, setPassphrase] = useState("");
  const first = useRef<HTMLDivElement>(null);
  useEffect(() => {
    first.current?.querySelector<HTMLElement>("input, button")?.focus();
  }, []);
  const wrong = failure?.code === "wrong-passphrase";
  return (
    <form
      className={classes.card}
      onSubmit={(event) => {
        event.preventDefault();
        setPassphrase("");
        unlocking.mutate({ passphrase: standing.passphrase ? passphrase : null, reason: null });
      }}
    >
      <div className={classes.unlock} ref={first}>
        <span className={classes.lock}>
          <Icon name="lock" size={20} />
        </span>
        <h1>Locked</h1>
        {standing.passphrase ? (
          <>
            <PasswordInput
              size="sm"
              aria-label="Passphrase"
              placeholder="Passphrase"
              autoComplete="off"
              error={
                wrong && (
                  <>
                    <span>{situationOf(failure.code).title}</span> · <code>{failure.code}</code>
                  </>
                )
              }
              value={passphrase}
              onChange={(event) => setPassphrase(event.currentTarget.value)}
            />
            <Button
              type="submit"
              size="sm"
              variant="filled"
              loading={unlocking.isPending}
              disabled={passphrase === ""}
            >
              Unlock
            </Button>
          </>
        ) : (
          <Button
            type="submit"
            size="sm"
            variant="filled"
            loading={unlocking.isPending}
            leftSection={<Icon name="lock" />}
          >
            Unlock with the system’s keyring
          </Button>
        )}
        {failure !== null && !wrong && (
          <div className={classes.why}>
            <b>{situationOf(failure.code).title}</b>
            <p>{situationOf(failure.code).says}</p>
            <ErrorNotice failure={failure} />
          </div>
        )}
      </div>
      <dl className={classes.meanwhile}>
        <dt>While it is locked</dt>
        <dd>
          <Icon name="key" size={13} /> this window holds no key
        </dd>
        <dd>
          <Icon name="rotation" size={13} /> its rewraps rest where they are
        </dd>
        <dd>
          <Icon name="clock" size={13} /> it locks itself after {standing.lock_after_minutes} min
          without input
        </dd>
      </dl>
    </form>
  );
}
