import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { ErrorNotice, Icon } from "@/design";
import { type CommandError, keys } from "@/ipc";
import { situationOf } from "./situations";
import classes from "./locked.module.css";

/** The workspace can't be opened at all: why, and what to do about it. */
export function Refused({ failure }: { readonly failure: CommandError }) {
  const client = useQueryClient();
  const { title, says, again } = situationOf(failure.code);
  return (
    <section className={classes.notice} aria-labelledby="refused">
      <header className={classes.head}>
        <span className={classes.sign} data-tone="compromised">
          <Icon name="compromised" size={20} />
        </span>
        <div>
          <h1 id="refused">{title}</h1>
          <p>{says}</p>
        </div>
      </header>
      <div className={classes.part}>
        <ErrorNotice failure={failure} />
      </div>
      {again && (
        <footer className={classes.foot}>
          <Button
            leftSection={<Icon name="undo" />}
            onClick={() => void client.invalidateQueries({ queryKey: keys.standing })}
          >
            Look again
          </Button>
        </footer>
      )}
    </section>
  );
}
