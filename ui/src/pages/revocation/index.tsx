import { useParams } from "react-router";
import { RevocationList } from "./RevocationList";
import { RevocationTenant } from "./RevocationTenant";

export default function Revocation() {
  const { tenant } = useParams();
  return tenant === undefined ? (
    <RevocationList />
  ) : (
    <RevocationTenant key={tenant} tenant={tenant} />
  );
}
