import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Badge, ErrorNotice, grouped, Icon, KeyChip, Panel, TimeText } from "@/design";
import { type Data, failureOf, useLogStanding, useVerification, verifyLog } from "@/ipc";
import { logWords } from "@/shell/log-words";
import classes from "./Overview.module.css";

/** How the log stands: verified when, how large, and what is kept of it outside. */
export function LogPanel() {
  const { data, error, refetch } = useLogStanding();
  const here = useVerification();
  const words = logWords(here, data);
  return (
    <Panel
      title="Audit log"
      end={
        <Button variant="default" disabled={here.at === "running"} onClick={() => void verifyLog()}>
          Verify now
        </Button>
      }
    >
      {error !== null && data === undefined && (
        <ErrorNotice failure={failureOf(error)} retry={() => void refetch()} />
      )}
      {data !== undefined && (
        <dl className={classes.log}>
          <div>
            <dt>
              <Badge tone={words.tone} icon={words.icon} turning={words.turning ?? false}>
                {words.words.replace(/^Log /, "")}
              </Badge>
            </dt>
            <dd>{words.time !== undefined && <TimeText value={words.time} form="relative" />}</dd>
          </div>
          <div>
            <dt>Records, root</dt>
            <dd>
              <Link to="/audit">{grouped(data.records)}</Link>{" "}
              <KeyChip value={data.root} longest={12} />
            </dd>
          </div>
          {data.kept.anchors.map((anchor) => (
            <Kept key={anchor.place} anchor={anchor} />
          ))}
          {data.kept.anchors.length === 0 && (
            <div>
              <dt>Kept outside</dt>
              <dd>
                <Link to="/settings">nowhere yet</Link>
              </dd>
            </div>
          )}
          {data.kept.witnesses.length > 0 && (
            <div>
              <dt>Witnesses up to date</dt>
              <dd>
                <Link to="/settings">
                  {data.kept.witnesses.filter((one) => one.behind === 0).length} of{" "}
                  {data.kept.witnesses.length}
                </Link>
              </dd>
            </div>
          )}
        </dl>
      )}
    </Panel>
  );
}

type Anchor = Data<"logStanding">["kept"]["anchors"][number];

function Kept({ anchor }: { readonly anchor: Anchor }) {
  const well = anchor.found === "current";
  return (
    <div>
      <dt className={classes.place} title={anchor.place}>
        {anchor.place}
      </dt>
      <dd
        data-tone={well ? "active" : "attention"}
        className={classes.kept}
        title={anchor.detail ?? undefined}
      >
        <Icon name={well ? "active" : "clock"} size={13} />
        {well || anchor.size === null
          ? anchor.found
          : `${anchor.found}, at ${grouped(anchor.size)}`}
      </dd>
    </div>
  );
}
