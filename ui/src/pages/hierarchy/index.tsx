import { useParams } from "react-router";
import { AllTenants } from "./map/AllTenants";
import { TenantHierarchy } from "./tenant/TenantHierarchy";

export default function Hierarchy() {
  const { tenant } = useParams();
  return tenant === undefined ? <AllTenants /> : <TenantHierarchy key={tenant} tenant={tenant} />;
}
