import { useParams } from "react-router";
import { EmptyState, PageBody, PageHeader } from "@/design";

export default function Tenant() {
  const { tenant = "" } = useParams();
  return (
    <>
      <PageHeader title={tenant} parent={{ title: "Tenants", to: "/tenants" }} />
      <PageBody>
        <EmptyState>The keys, datasets and records of this tenant.</EmptyState>
      </PageBody>
    </>
  );
}
