import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Rotation() {
  return (
    <>
      <PageHeader title="Rotation" />
      <PageBody>
        <EmptyState>Rotation periods and rewraps.</EmptyState>
      </PageBody>
    </>
  );
}
