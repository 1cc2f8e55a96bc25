import { PageBody, PageHeader } from "@/design";

export function AllTenants() {
  return (
    <>
      <PageHeader title="Hierarchy" />
      <PageBody>{null}</PageBody>
    </>
  );
}
