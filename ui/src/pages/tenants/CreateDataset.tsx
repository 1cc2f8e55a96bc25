import { Button, Modal, Select, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { ErrorNotice } from "@/design";
import { call, commands, failureOf } from "@/ipc";
import { useChange } from "./use-change";
import classes from "./tenants.module.css";

/** How the log may hold the names of a dataset's objects. */
export const nameSettings = [
  { value: "plain", label: "plain" },
  { value: "digest", label: "digest" },
];

interface CreateDatasetProps {
  readonly tenant: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Creates a dataset with its first data key. */
export function CreateDataset({ tenant, opened, onClose }: CreateDatasetProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Create a dataset">
      <Form tenant={tenant} onClose={onClose} />
    </Modal>
  );
}

function Form({ tenant, onClose }: Omit<CreateDatasetProps, "opened">) {
  const [name, setName] = useState("");
  const [regions, setRegions] = useState<string[]>([]);
  const [names, setNames] = useState("plain");
  const create = useChange(
    () => call(commands.datasetCreate(tenant, name.trim(), regions, names)),
    onClose,
  );
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(undefined);
      }}
    >
      <TextInput
        label="Name"
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TagsInput
        size="xs"
        label="Regions where its data may lie"
        description="Enter adds one; none means anywhere."
        value={regions}
        onChange={setRegions}
      />
      <Select
        label="Names of its objects in the log"
        description="A digest hides them from whoever reads the log; the tenant can open it."
        allowDeselect={false}
        data={nameSettings}
        value={names}
        onChange={(to) => setNames(to ?? "plain")}
      />
      {create.error !== null && <ErrorNotice failure={failureOf(create.error)} />}
      <div className={classes.formEnd}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="filled"
          disabled={name.trim() === ""}
          loading={create.isPending}
        >
          Create it
        </Button>
      </div>
    </form>
  );
}
