import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Tenants() {
  return (
    <>
      <PageHeader title="Tenants" />
      <PageBody>
        <EmptyState>Every tenant with its root key.</EmptyState>
      </PageBody>
    </>
  );
}
