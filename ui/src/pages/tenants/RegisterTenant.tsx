import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { ErrorNotice } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import classes from "./tenants.module.css";

interface RegisterTenantProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** Registers a tenant, and goes on to its onboarding. */
export function RegisterTenant({ opened, onClose }: RegisterTenantProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Register a tenant">
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const register = useMutation({
    mutationFn: () => call(commands.tenantRegister(id.trim(), name.trim())),
    onSuccess: async (tenant) => {
      await client.invalidateQueries({ queryKey: keys.tenants.all });
      onClose();
      await navigate(`/onboarding/${encodeURIComponent(tenant.id)}`);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        register.mutate();
      }}
    >
      <TextInput
        label="Id"
        description="In every key’s and object’s name, for good: it is never used twice."
        classNames={{ input: "mono" }}
        data-autofocus
        autoComplete="off"
        spellCheck={false}
        value={id}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <TextInput
        label="Name"
        description="What people call it."
        autoComplete="off"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <p className="muted small">
        It can do nothing until it has proven a root key of its own: that comes next.
      </p>
      {register.error !== null && <ErrorNotice failure={failureOf(register.error)} />}
      <div className={classes.formEnd}>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant="filled"
          disabled={id.trim() === "" || name.trim() === ""}
          loading={register.isPending}
        >
          Register it
        </Button>
      </div>
    </form>
  );
}
