import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ErrorNotice } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import classes from "./onboarding.module.css";

interface NewTenantProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  /** Given the id of the tenant that was registered. */
  readonly onMade: (tenant: string) => void;
}

/** Registers a tenant: the first step. */
export function NewTenant({ opened, onClose, onMade }: NewTenantProps) {
  const client = useQueryClient();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const register = useMutation({
    mutationFn: () => call(commands.tenantRegister(id.trim(), name.trim())),
    onSuccess: async (tenant) => {
      await client.invalidateQueries({ queryKey: keys.tenants.all });
      onMade(tenant.id);
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="Onboard a tenant">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate();
        }}
      >
        <TextInput
          label="Id"
          description="Stands in every record and encryption context, and never changes."
          classNames={{ input: "mono" }}
          data-autofocus
          autoComplete="off"
          spellCheck={false}
          value={id}
          onChange={(event) => {
            setId(event.currentTarget.value);
          }}
        />
        <TextInput
          label="Name"
          description="What people call it."
          autoComplete="off"
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
          }}
        />
        {register.error !== null && <ErrorNotice failure={failureOf(register.error)} />}
        <div className="row">
          <Button onClick={onClose}>Leave</Button>
          <Button
            type="submit"
            variant="filled"
            disabled={id.trim() === "" || name.trim() === ""}
            loading={register.isPending}
          >
            Register
          </Button>
        </div>
      </form>
    </Modal>
  );
}
