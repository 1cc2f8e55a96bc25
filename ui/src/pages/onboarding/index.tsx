import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Onboarding() {
  return (
    <>
      <PageHeader title="Onboarding" />
      <PageBody>
        <EmptyState>Tenants whose root key isn’t proven yet.</EmptyState>
      </PageBody>
    </>
  );
}
