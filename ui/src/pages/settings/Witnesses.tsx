import { ActionIcon, Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  Badge,
  EmptyState,
  ErrorNotice,
  grouped,
  Icon,
  type IconName,
  Panel,
  TimeText,
  type Tone,
} from "@/design";
import { call, commands, type Data, failureOf, keys } from "@/ipc";
import classes from "./settings.module.css";

type Kept = Data<"witnessesShow">;

/** Who else keeps the log's newest checkpoint: without one of them, a cut log isn't noticed. */
export function Witnesses({ mayChange }: { readonly mayChange: boolean }) {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const kept = useQuery({
    queryKey: keys.witnesses,
    queryFn: () => call(commands.witnessesShow(false)),
  });
  const again = () => client.invalidateQueries({ queryKey: keys.witnesses });
  const ask = useMutation({
    mutationFn: () => call(commands.witnessesShow(true)),
    onSuccess: (found) => client.setQueryData(keys.witnesses, found),
  });
  const addFolder = useMutation({
    mutationFn: () => call(commands.witnessAdd(null, null, true)),
    onSuccess: again,
  });
  const remove = useMutation({
    mutationFn: (name: string) => call(commands.witnessRemove(name)),
    onSuccess: again,
  });
  const failure = kept.error ?? ask.error ?? addFolder.error ?? remove.error;
  return (
    <Panel
      title="Anchors and witnesses"
      note="who else holds the log’s checkpoints"
      end={
        <>
          <Button size="compact-xs" loading={ask.isPending} onClick={() => ask.mutate()}>
            Ask them now
          </Button>
          {mayChange && (
            <>
              <Button
                size="compact-xs"
                loading={addFolder.isPending}
                onClick={() => addFolder.mutate()}
              >
                Add a folder…
              </Button>
              <Button size="compact-xs" onClick={() => setAdding(true)}>
                Add a witness…
              </Button>
            </>
          )}
        </>
      }
      flush
    >
      {failure !== null && (
        <div className={classes.part}>
          <ErrorNotice failure={failureOf(failure)} />
        </div>
      )}
      {kept.data !== undefined && (
        <Places kept={kept.data} {...(mayChange ? { onRemove: remove.mutate } : {})} />
      )}
      <AddWitness opened={adding} onClose={() => setAdding(false)} onAdded={() => void again()} />
    </Panel>
  );
}

interface PlacesProps {
  readonly kept: Kept;
  readonly onRemove?: (name: string) => void;
}

function Places({ kept, onRemove }: PlacesProps) {
  if (kept.anchors.length === 0 && kept.witnesses.length === 0) {
    return (
      <EmptyState>
        Nobody else holds a checkpoint: a database that is put back would not be noticed. Add a
        folder on another disk, or a witness.
      </EmptyState>
    );
  }
  return (
    <ul className={classes.places}>
      {kept.anchors.map((anchor) => (
        <li key={anchor.place}>
          <div>
            <b>{anchor.place}</b>
            {anchor.detail !== null && <p>{anchor.detail}</p>}
          </div>
          <Found word={anchor.found} />
          <span className="muted">
            {anchor.size !== null && <>{grouped(anchor.size)} records</>}
            {anchor.at !== null && (
              <>
                {" · "}
                <TimeText value={anchor.at} />
              </>
            )}
          </span>
          <span />
        </li>
      ))}
      {kept.witnesses.map((witness) => (
        <li key={witness.name}>
          <div>
            <b>{witness.folder ?? witness.name}</b>
            {witness.url !== null && <p className="mono">{witness.url}</p>}
          </div>
          {witness.cosigned === null ? (
            <Badge quiet tone="neutral" icon="waiting">
              no cosignature yet
            </Badge>
          ) : (
            <Badge
              quiet
              tone={witness.behind === 0 ? "active" : "attention"}
              icon={witness.behind === 0 ? "active" : "clock"}
            >
              {witness.behind === 0 ? "current" : `${grouped(witness.behind)} behind`}
            </Badge>
          )}
          <span className="muted">
            {witness.cosigned !== null && <>{grouped(witness.cosigned)} cosigned · </>}
            since <TimeText value={witness.added_at} form="date" />
          </span>
          {onRemove === undefined ? (
            <span />
          ) : (
            <ActionIcon
              aria-label={`remove ${witness.name}`}
              title="Remove"
              onClick={() => onRemove(witness.name)}
            >
              <Icon name="close" />
            </ActionIcon>
          )}
        </li>
      ))}
    </ul>
  );
}

const looks: ReadonlyMap<string, readonly [Tone, IconName, string]> = new Map([
  ["current", ["active", "active", "current"]],
  ["behind", ["attention", "clock", "behind"]],
  ["none", ["neutral", "waiting", "none kept yet"]],
  ["unreachable", ["unreachable", "unreachable", "unreachable"]],
  ["rolled-back", ["compromised", "compromised", "knows a longer log"]],
  ["forked", ["compromised", "compromised", "knows another history"]],
  ["foreign", ["compromised", "compromised", "holds another log’s"]],
]);

function Found({ word }: { readonly word: string }) {
  const [tone, icon, says] = looks.get(word) ?? (["neutral", "info", word] as const);
  return (
    <Badge quiet tone={tone} icon={icon}>
      {says}
    </Badge>
  );
}

interface AddWitnessProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onAdded: () => void;
}

function AddWitness({ opened, onClose, onAdded }: AddWitnessProps) {
  const [key, setKey] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation({
    mutationFn: () => call(commands.witnessAdd(key.trim(), url.trim() || null, false)),
    onSuccess: () => {
      setKey("");
      setUrl("");
      onAdded();
      onClose();
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Add a witness">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput
          label="Verifier key"
          placeholder="name+hash+key"
          description="As the witness publishes it. Only its cosignatures count from then on."
          data-autofocus
          spellCheck={false}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          label="Address"
          placeholder="https://"
          description="Where it is asked to cosign; without one, requests are exchanged as files with the command."
          spellCheck={false}
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        {add.error !== null && <ErrorNotice failure={failureOf(add.error)} />}
        <div className={classes.formEnd}>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="filled"
            disabled={key.trim() === ""}
            loading={add.isPending}
          >
            Add the witness
          </Button>
        </div>
      </form>
    </Modal>
  );
}
