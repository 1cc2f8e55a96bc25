import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Overview() {
  return (
    <>
      <PageHeader title="Overview" />
      <PageBody>
        <EmptyState>What needs a person, and the state of everything.</EmptyState>
      </PageBody>
    </>
  );
}
