import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useEffect } from "react";
import { ErrorNotice, Icon, type IconName, type Tone } from "@/design";
import { call, commands, failureOf } from "@/ipc";
import { mark } from "@/shell/marks";
import classes from "./Alone.module.css";

interface AloneProps {
  readonly folder: string;
  /** How the workspace stands: a word and its look, at the right of the bar. */
  readonly standing: { readonly word: string; readonly icon: IconName; readonly tone: Tone };
  readonly children: ReactNode;
}

/** A page that stands without the shell: there is no open workspace to go about in. */
export function Alone({ folder, standing, children }: AloneProps) {
  useEffect(() => mark("page-ready"), []);
  const choose = useMutation({ mutationFn: () => call(commands.workspaceChoose()) });
  return (
    <div className={classes.alone}>
      <header className={classes.bar}>
        <span className={classes.mark}>
          <Icon name="key" />
        </span>
        <span className={classes.names} title={folder}>
          <b className="clip">{lastPart(folder)}</b>
          <small className="clip">{folder}</small>
        </span>
        <span className={classes.standing} data-tone={standing.tone}>
          <Icon name={standing.icon} size={13} /> {standing.word}
        </span>
        <Button variant="subtle" loading={choose.isPending} onClick={() => choose.mutate()}>
          Other workspace…
        </Button>
      </header>
      <main className={classes.main} data-ready="true">
        {choose.error !== null && <ErrorNotice failure={failureOf(choose.error)} />}
        {children}
      </main>
    </div>
  );
}

const lastPart = (folder: string): string =>
  folder.split(/[\\/]/).findLast((part) => part !== "") ?? folder;
