import { Button } from "@mantine/core";
import { useNavigate, useParams } from "react-router";
import { EmptyState, KeyChip, Notice, PageBody, PageHeader, Panel } from "@/design";
import { useRole } from "@/ipc";
import { usePageReady } from "@/shell/use-page-ready";

/**
 * Requests that wait for a signature. The engine has none yet: every action that a role permits runs at
 * once, and the page says so instead of showing an empty list that seems to promise one.
 */
export default function Approvals() {
  const { request } = useParams();
  const navigate = useNavigate();
  const ownTenant = useRole()?.kind === "tenant-approver";
  usePageReady(true);
  return (
    <>
      <PageHeader
        title={request ?? "Approvals"}
        {...(request === undefined ? {} : { parent: { title: "Approvals", to: "/approvals" } })}
      />
      <PageBody>
        {request !== undefined && (
          <Notice
            tone="attention"
            icon="info"
            title="This link names a request that can’t be opened"
            action={<Button onClick={() => void navigate("/approvals")}>All approvals</Button>}
          >
            Requests don’t exist in this version, so there is nothing to sign and nothing was done.
            Ask whoever sent the link <KeyChip value={request} /> what it is about.
          </Notice>
        )}
        <Panel title="Requests">
          <EmptyState
            action={
              !ownTenant && (
                <Button onClick={() => void navigate("/access")}>Which role may do what</Button>
              )
            }
          >
            No request can wait here yet: an action that a role permits runs at once, and an
            approval by a second person isn’t part of this version.
          </EmptyState>
        </Panel>
      </PageBody>
    </>
  );
}
