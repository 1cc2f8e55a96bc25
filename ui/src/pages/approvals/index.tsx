import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Approvals() {
  return (
    <>
      <PageHeader title="Approvals" />
      <PageBody>
        <EmptyState>Requests that wait for a signature.</EmptyState>
      </PageBody>
    </>
  );
}
