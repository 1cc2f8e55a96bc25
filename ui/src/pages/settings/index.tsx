import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Settings() {
  return (
    <>
      <PageHeader title="Settings" />
      <PageBody>
        <EmptyState>Providers, cache, theme and locking.</EmptyState>
      </PageBody>
    </>
  );
}
