import { Button, Checkbox } from "@mantine/core";
import { useState } from "react";
import { ErrorNotice, Icon, Panel, StepList, TimeText } from "@/design";
import { type CommandError, useAdministrator } from "@/ipc";
import classes from "./revocation.module.css";

interface RecoveryProps {
  readonly name: string;
  readonly place: string;
  /** When Keyward disabled the root key where it lives, if it did. */
  readonly disabledAt: string | null;
  /** Whether it could be enabled there again by Keyward. */
  readonly mayEnable: boolean;
  readonly pending: boolean;
  readonly failure: CommandError | null;
  readonly onRestore: (atProvider: boolean) => void;
}

/** Lets a locked tenant read and write again, if its root key answers. */
export function Recovery(props: RecoveryProps) {
  const { name, place, disabledAt, mayEnable, pending, failure } = props;
  const administrator = useAdministrator();
  const [enable, setEnable] = useState(disabledAt !== null && mayEnable);
  const state = pending ? "running" : failure === null ? "waiting" : "failed";
  return (
    <Panel title="Recovery" end={administrator ? "is recorded in the log" : "administrators only"}>
      <div className={classes.form}>
        {disabledAt !== null && (
          <p className="small secondary">
            Keyward disabled the root key at {place}, <TimeText value={disabledAt} />.
          </p>
        )}
        <Checkbox
          label={`Enable the root key at ${place} first`}
          description={
            mayEnable
              ? "Leave it to the tenant where the tenant disabled it."
              : `Keyward can’t at ${place}: the tenant does.`
          }
          checked={enable}
          disabled={!mayEnable}
          onChange={(event) => {
            setEnable(event.currentTarget.checked);
          }}
        />
        <StepList
          steps={[
            ...(enable
              ? [{ id: "enable", state: "waiting" as const, title: `Enable it at ${place}` }]
              : []),
            {
              id: "probe",
              state,
              title: "Probe the root key",
              note: `it must open in ${name}’s context, and in no other`,
            },
            {
              id: "active",
              state: "waiting",
              title: `${name} reads and writes again`,
              note: "nothing was deleted",
            },
          ]}
        />
        {failure !== null && <ErrorNotice failure={failure} />}
        <Button
          variant="filled"
          disabled={!administrator}
          loading={pending}
          leftSection={<Icon name="undo" />}
          onClick={() => props.onRestore(enable)}
        >
          Restore {name}
        </Button>
      </div>
    </Panel>
  );
}
