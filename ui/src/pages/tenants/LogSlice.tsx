import { useMemo } from "react";
import { useNavigate } from "react-router";
import { noFilter } from "@/pages/audit/filter";
import { useFound } from "@/pages/audit/records";
import { RecordsTable } from "@/pages/audit/RecordsTable";
import classes from "./tenants.module.css";

/** The tenant's records, the newest first; one opens with its proof on the audit page. */
export function LogSlice({ tenant }: { readonly tenant: string }) {
  const navigate = useNavigate();
  const filter = useMemo(() => ({ ...noFilter, tenant }), [tenant]);
  const records = useFound(filter, true);
  return (
    <div className={classes.log}>
      <RecordsTable
        records={records}
        selected={null}
        onSelect={(seq) => {
          if (seq !== null)
            void navigate(`/audit/${String(seq)}?tenant=${encodeURIComponent(tenant)}`);
        }}
        filtered
      />
    </div>
  );
}
