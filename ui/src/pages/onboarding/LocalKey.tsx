import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ErrorNotice, Icon, Notice } from "@/design";
import { call, commands, failureOf, keys, useAdministrator } from "@/ipc";

interface LocalKeyProps {
  readonly tenant: string;
  /** `local:NAME`. */
  readonly reference: string;
}

/** Makes the key in the local store, or lets the tenant use it: what its owner would do at a provider. */
export function LocalKey({ tenant, reference }: LocalKeyProps) {
  const administrator = useAdministrator();
  const client = useQueryClient();
  const name = reference.replace(/^local:/, "");
  const list = useQuery({
    queryKey: keys.keystore,
    queryFn: () => call(commands.keystoreList()),
    enabled: administrator,
  });
  const made = list.data?.find((key) => key.name === name);
  const change = useMutation({
    mutationFn: async () => {
      if (made === undefined) await call(commands.keystoreCreate(name, [tenant]));
      else await call(commands.keystoreAllow(name, tenant));
    },
    onSuccess: () =>
      Promise.all(
        [keys.keystore, ["key-policy"]].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  });
  if (!administrator || list.data === undefined) return null;
  const failure = change.error === null ? null : failureOf(change.error);
  if (made?.tenants.includes(tenant) === true) {
    return (
      <Notice
        tone={made.state === "enabled" ? "active" : "attention"}
        icon={made.state === "enabled" ? "active" : "suspended"}
        title={`${reference} is in the local key store, ${made.state}`}
      >
        {tenant} may wrap and unwrap with it.
      </Notice>
    );
  }
  return (
    <Notice
      tone="attention"
      icon="info"
      title={
        made === undefined
          ? `There is no ${reference} in the local key store`
          : `${tenant} may not use ${reference} yet`
      }
      action={
        <Button
          size="compact-xs"
          loading={change.isPending}
          leftSection={<Icon name={made === undefined ? "plus" : "check"} size={12} />}
          onClick={() => change.mutate()}
        >
          {made === undefined ? `Make it for ${tenant}` : `Allow ${tenant}`}
        </Button>
      }
    >
      The store is the operator’s: custody stays with the provider of this service.
      {failure !== null && <ErrorNotice failure={failure} />}
    </Notice>
  );
}
