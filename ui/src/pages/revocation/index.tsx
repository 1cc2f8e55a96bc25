import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Revocation() {
  return (
    <>
      <PageHeader title="Revocation" />
      <PageBody>
        <EmptyState>What stops when a root key goes, and how fast.</EmptyState>
      </PageBody>
    </>
  );
}
