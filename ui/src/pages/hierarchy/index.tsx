import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Hierarchy() {
  return (
    <>
      <PageHeader title="Hierarchy" />
      <PageBody>
        <EmptyState>Root keys, data keys and what they protect.</EmptyState>
      </PageBody>
    </>
  );
}
