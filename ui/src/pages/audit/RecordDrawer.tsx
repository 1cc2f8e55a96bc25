import { Button } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import {
  Badge,
  CopyButton,
  Drawer,
  DrawerSection,
  ErrorNotice,
  Facts,
  grouped,
  Icon,
  KeyChip,
  OutcomeBadge,
  shorten,
  TimeText,
} from "@/design";
import { call, commands, failureOf, keys, type RecordItem, type RecordProof } from "@/ipc";
import { RecordKey } from "./columns";
import { Proof } from "./Proof";
import classes from "./audit.module.css";

interface RecordDrawerProps {
  readonly seq: number;
  readonly onClose: () => void;
  readonly onStep: (by: 1 | -1) => void;
}

/** A record: its facts, the bytes that are hashed, and the proof that it is in the log. */
export function RecordDrawer({ seq, onClose, onStep }: RecordDrawerProps) {
  const { data, error, refetch } = useQuery({
    queryKey: keys.audit.still("record", seq),
    queryFn: () => call(commands.auditShow(seq)),
    placeholderData: keepPreviousData,
  });
  const save = useMutation({ mutationFn: () => call(commands.auditProve(seq)) });
  const proof = error === null ? data : undefined;
  return (
    <Drawer
      title={<span className="mono">{grouped(seq)}</span>}
      badge={
        proof !== undefined && (
          <Badge tone="active" icon="shield">
            included
          </Badge>
        )
      }
      onClose={onClose}
      onStep={onStep}
      footer={
        proof !== undefined && (
          <Button
            leftSection={<Icon name="download" />}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save proof…
          </Button>
        )
      }
    >
      {error !== null && <ErrorNotice failure={failureOf(error)} retry={() => void refetch()} />}
      {save.error !== null && <ErrorNotice failure={failureOf(save.error)} />}
      {save.data != null && <p className="small">Saved to {save.data.path}</p>}
      {proof !== undefined && <Shown proof={proof} />}
    </Drawer>
  );
}

function Shown({ proof }: { readonly proof: RecordProof }) {
  const { record, canonical } = proof;
  return (
    <>
      <DrawerSection>
        {record === null ? (
          <p className="small">
            What it says is in the archive of {proof.day}; its hash is still part of the log.{" "}
            <Link className="link" to="/audit?view=days">
              Fetch the day
            </Link>{" "}
            to read it.
          </p>
        ) : (
          <RecordFacts record={record} />
        )}
      </DrawerSection>
      {canonical !== null && (
        <DrawerSection>
          <h3 className={classes.headed}>
            Record as hashed, canonical JSON
            <CopyButton value={canonical} label="copy the record" />
          </h3>
          <pre className={classes.canonical}>{canonical}</pre>
        </DrawerSection>
      )}
      <DrawerSection>
        <h3 className={classes.headed}>
          Proof of inclusion
          <span>{proof.path.length} hashes, leaf to root</span>
        </h3>
        <Proof proof={proof} />
        <Facts
          facts={[
            ["Leaf", <KeyChip key="leaf" value={proof.leaf} longest={24} />],
            ["Root", <KeyChip key="root" value={proof.root} longest={24} />],
            ["Checkpoint", `over ${grouped(proof.size)} records`],
            [
              "Log",
              <span key="log" className="mono">
                {proof.origin}
              </span>,
            ],
            [
              "Day",
              `${proof.day} UTC${proof.sealed ? ", sealed" : ""}${proof.archived ? ", archived" : ""}`,
            ],
          ]}
        />
        <p className={classes.agrees}>
          <Icon name="active" size={13} /> The leaf and these hashes lead to the checkpoint’s root.
        </p>
      </DrawerSection>
    </>
  );
}

function RecordFacts({ record }: { readonly record: RecordItem }) {
  const related = (field: string, value: string) => (
    <Link className="link" to={`/audit?${field}=${encodeURIComponent(value)}`}>
      {shorten(value, 38)}
    </Link>
  );
  return (
    <Facts
      facts={[
        ["Action", related("action", record.action)],
        [
          "Outcome",
          <span key="outcome" className="row">
            <OutcomeBadge quiet outcome={record.outcome} />
            {record.code !== null && <code>{record.code}</code>}
          </span>,
        ],
        ["Time", <TimeText key="time" value={record.time} form="full" />],
        ["Actor", related("actor", record.actor)],
        ["Role", record.role],
        ["Tenant", record.tenant && related("tenant", record.tenant)],
        ["Key", record.key && <RecordKey key="key" value={record.key} />],
        ["Version", record.key_version],
        ["Region", record.region],
        ["Request", <KeyChip key="request" value={record.request} />],
        ...record.details.map(({ name, value }) => [name, value] as const),
      ]}
    />
  );
}
