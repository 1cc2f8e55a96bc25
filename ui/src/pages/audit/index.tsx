import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Audit() {
  return (
    <>
      <PageHeader title="Audit" />
      <PageBody>
        <EmptyState>Every record of the log.</EmptyState>
      </PageBody>
    </>
  );
}
