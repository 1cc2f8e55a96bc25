import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Access() {
  return (
    <>
      <PageHeader title="Access" />
      <PageBody>
        <EmptyState>Who may do what.</EmptyState>
      </PageBody>
    </>
  );
}
