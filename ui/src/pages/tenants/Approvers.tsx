import { Button, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { EmptyState, ErrorNotice, KeyChip, Panel, TimeText } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import { useMay } from "@/pages/access/use-may";
import { useChange } from "./use-change";
import classes from "./tenants.module.css";

/** The keys whose signatures stand for a tenant. */
export const useApprovers = (tenant: string) =>
  useQuery({
    queryKey: keys.approvers(tenant),
    queryFn: () => call(commands.approversList(tenant)),
  });

export function Approvers({ tenant }: { readonly tenant: string }) {
  const approvers = useApprovers(tenant);
  return (
    <div className={classes.columns}>
      <Panel title="Approvers" note="what these keys sign stands for the tenant" flush>
        {approvers.error !== null && (
          <div className={classes.failure}>
            <ErrorNotice
              failure={failureOf(approvers.error)}
              retry={() => void approvers.refetch()}
            />
          </div>
        )}
        {approvers.data?.length === 0 && (
          <EmptyState>No key is enrolled: nobody can attest for this tenant.</EmptyState>
        )}
        {approvers.data !== undefined && approvers.data.length > 0 && (
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">Comment</th>
                <th scope="col">Fingerprint</th>
                <th scope="col">Enrolled</th>
              </tr>
            </thead>
            <tbody>
              {approvers.data.map((one) => (
                <tr key={one.fingerprint}>
                  <td>{one.comment === "" ? <span className="muted">none</span> : one.comment}</td>
                  <td>
                    <KeyChip value={one.fingerprint} longest={40} />
                  </td>
                  <td>
                    <TimeText value={one.enrolled_at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Enrol tenant={tenant} />
    </div>
  );
}

function Enrol({ tenant }: { readonly tenant: string }) {
  const may = useMay()("approver.enroll");
  const [key, setKey] = useState("");
  const enrol = useChange(
    () => call(commands.approverEnroll(tenant, key.trim())),
    () => setKey(""),
  );
  return (
    <Panel title="Enrol a key">
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          enrol.mutate(undefined);
        }}
      >
        <Textarea
          label="Public key, one line as OpenSSH writes it"
          description="the file that ends in .pub, never the private one"
          placeholder="ssh-ed25519 AAAA… ada@example.com"
          classNames={{ input: "mono" }}
          rows={4}
          spellCheck={false}
          disabled={!may}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        {enrol.error !== null && <ErrorNotice failure={failureOf(enrol.error)} />}
        <div className={classes.formEnd}>
          <Button type="submit" disabled={!may || key.trim() === ""} loading={enrol.isPending}>
            Enrol it
          </Button>
        </div>
      </form>
    </Panel>
  );
}
