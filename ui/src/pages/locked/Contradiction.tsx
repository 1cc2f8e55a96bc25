import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { CopyButton, ErrorNotice, grouped, Icon, TimeText } from "@/design";
import { asText } from "@/design/components/ErrorNotice";
import { call, type CommandError, commands, type WorkspaceStanding } from "@/ipc";
import { AcceptLoss } from "./AcceptLoss";
import { type AnchorScale, anchorScale } from "./anchor-scale";
import { situationOf } from "./situations";
import type { Unlocking } from "./use-unlock";
import classes from "./locked.module.css";

interface ContradictionProps {
  readonly standing: WorkspaceStanding;
  readonly unlocking: Unlocking;
  /** What contradicts. */
  readonly failure: CommandError;
  /** Why accepting it failed. */
  readonly refusal: CommandError | null;
  readonly onLeave: () => void;
}

/** The log contradicts what is kept outside: what differs, then three ways on. */
export function Contradiction(props: ContradictionProps) {
  const { standing, unlocking, failure, refusal, onLeave } = props;
  const [accepting, setAccepting] = useState(false);
  const choose = useMutation({ mutationFn: () => call(commands.workspaceChoose()) });
  const { title, says } = situationOf(failure.code);
  const scale = anchorScale(failure);
  return (
    <section className={classes.notice} aria-labelledby="contradiction">
      <header className={classes.head}>
        <span className={classes.sign} data-tone="compromised">
          <Icon name="compromised" size={20} />
        </span>
        <div>
          <h1 id="contradiction">{title}</h1>
          <p>
            {scale !== null && scale.missing > 0 && (
              <>
                It ends with {grouped(scale.here)} records, and {scale.place} knows of{" "}
                {grouped(scale.kept)}: {grouped(scale.missing)} are missing.{" "}
              </>
            )}
            {says}
          </p>
        </div>
        <code>{failure.code}</code>
      </header>
      {scale === null ? (
        <div className={classes.part}>
          <ErrorNotice failure={failure} />
        </div>
      ) : (
        <Scale scale={scale} />
      )}
      <div className={classes.ways}>
        <div>
          <h2>
            <Icon name="store" size={14} /> The right one is elsewhere
          </h2>
          <p>
            Most likely: an old copy was put back, or a folder was synchronised. Choose the folder
            with the newer database, or put it back here and try again.
          </p>
          <div className="row">
            <Button variant="filled" onClick={() => choose.mutate()}>
              Choose it…
            </Button>
            <Button onClick={onLeave}>Try again</Button>
          </div>
        </div>
        <div>
          <h2>
            <Icon name="search" size={14} /> Look first
          </h2>
          <p>
            Leave it closed and keep both as evidence. These findings tell whoever keeps the copies
            what to look for.
          </p>
          <CopyButton value={asText(failure)} label="copy the findings" text="Copy the findings" />
        </div>
        <div>
          <h2>
            <Icon name="compromised" size={14} /> The right one is lost
          </h2>
          <p>
            Goes on from this database. That it contradicts its anchor stays on record for ever,
            with your reason.
          </p>
          <Button variant="danger" aria-expanded={accepting} onClick={() => setAccepting(true)}>
            Accept the loss…
          </Button>
        </div>
      </div>
      {accepting && (
        <AcceptLoss standing={standing} unlocking={unlocking} onLeave={() => setAccepting(false)} />
      )}
      {refusal !== null && (
        <div className={classes.part}>
          <ErrorNotice failure={refusal} />
        </div>
      )}
    </section>
  );
}

/** Who knows of how many records. */
function Scale({ scale }: { readonly scale: AnchorScale }) {
  const share = (records: number) => `${String((100 * records) / scale.end)}%`;
  return (
    <div className={classes.scale}>
      <span className="muted tiny">Who knows of how many records</span>
      <span />
      <span className="muted tiny number">records</span>
      <span>This database</span>
      <span className={classes.track}>
        <i data-kind="shared" style={{ width: share(scale.shared) }} />
        {scale.shared < scale.here && (
          <i data-kind="other" style={{ width: share(scale.here - scale.shared) }} />
        )}
        {scale.missing > 0 && <i data-kind="missing" style={{ width: share(scale.missing) }} />}
      </span>
      <span className="number">{grouped(scale.here)}</span>
      <span>
        {scale.place}
        {scale.keptAt !== null && (
          <small className="muted">
            {" "}
            <TimeText value={scale.keptAt} />
          </small>
        )}
      </span>
      <span className={classes.track}>
        <i data-kind="shared" style={{ width: share(scale.shared) }} />
        <i data-kind="kept" style={{ width: share(scale.kept - scale.shared) }} />
      </span>
      <span className="number">{grouped(scale.kept)}</span>
    </div>
  );
}
