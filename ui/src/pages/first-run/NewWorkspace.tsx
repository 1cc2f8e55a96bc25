import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice, Segmented } from "@/design";
import { call, commands, failureOf, keys, type WorkspaceStanding } from "@/ipc";
import { type Rests, SecretsChoice } from "./SecretsChoice";
import { isStrong } from "./strength";
import classes from "./first-run.module.css";

/** Asks for what a workspace can't do without, and makes it. */
export function NewWorkspace({ standing }: { readonly standing: WorkspaceStanding }) {
  const client = useQueryClient();
  const [region, setRegion] = useState("");
  const [lie, setLie] = useState<"inside" | "elsewhere">("inside");
  const [place, setPlace] = useState("");
  const [asked, setAsked] = useState<Rests>("keyring");
  const [typed, setTyped] = useState<readonly [string, string]>(["", ""]);
  const rests: Rests = standing.keyring === true ? asked : "passphrase";
  const choose = useMutation({ mutationFn: () => call(commands.workspaceChoose()) });
  const create = useMutation({
    mutationFn: (passphrase: string | null) =>
      call(
        commands.workspaceCreate({
          region: region.trim(),
          objects: lie === "inside" ? null : place.trim(),
          passphrase,
        }),
      ),
    gcTime: 0,
    onSuccess: () => client.invalidateQueries({ queryKey: keys.standing }),
  });
  const ready =
    region.trim() !== "" &&
    (lie === "inside" || place.trim() !== "") &&
    (rests === "keyring" || isStrong(...typed));

  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) create.mutate(rests === "keyring" ? null : typed[0]);
      }}
    >
      <h1>Create a workspace</h1>
      <p className="secondary">
        There is none in this folder yet. It has one database, one audit log and one region.
      </p>
      <div className={classes.folder}>
        <div>
          <span className="muted tiny">Folder</span>
          <code>{standing.folder}</code>
        </div>
        <Button loading={choose.isPending} onClick={() => choose.mutate()}>
          Another folder…
        </Button>
      </div>
      {choose.error !== null && <ErrorNotice failure={failureOf(choose.error)} />}
      <div className={classes.pair}>
        <TextInput
          label="Region"
          placeholder="eu-central-1"
          description="Where this engine runs, as the provider spells it."
          inputWrapperOrder={["label", "input", "description"]}
          spellCheck={false}
          value={region}
          onChange={(event) => setRegion(event.currentTarget.value)}
        />
        <div className={classes.objects}>
          <span className={classes.label}>Where objects lie</span>
          <Segmented
            label="Where objects lie"
            options={[
              { value: "inside", label: "In this folder" },
              { value: "elsewhere", label: "Elsewhere" },
            ]}
            value={lie}
            onChange={setLie}
          />
          {lie === "elsewhere" && (
            <TextInput
              aria-label="Folder or bucket"
              placeholder="/srv/objects, s3://bucket/path"
              description="A folder, or s3://, az:// or gs:// with a bucket."
              inputWrapperOrder={["input", "description"]}
              spellCheck={false}
              value={place}
              onChange={(event) => setPlace(event.currentTarget.value)}
            />
          )}
        </div>
      </div>
      <SecretsChoice
        standing={standing}
        rests={rests}
        onRests={setAsked}
        first={typed[0]}
        second={typed[1]}
        onTyped={(first, second) => setTyped([first, second])}
      />
      {create.error !== null && (
        <>
          <ErrorNotice failure={failureOf(create.error)} />
          <p className="secondary small">
            Making it stopped there, and nothing of it remains in the folder.
          </p>
        </>
      )}
      <footer className={classes.foot}>
        <span className="muted small">Its first record says that you made it.</span>
        <Button type="submit" variant="filled" disabled={!ready} loading={create.isPending}>
          Create the workspace
        </Button>
      </footer>
    </form>
  );
}
