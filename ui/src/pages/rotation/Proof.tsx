import { grouped, Notice } from "@/design";
import type { RewrapReportView } from "@/ipc";

/** What remains under anything but the current version, as the database counts it. */
export function Proof({ report }: { readonly report: RewrapReportView }) {
  const current = `version ${String(report.version)} of ${report.root_key}`;
  if (report.remaining.length === 0) {
    return (
      <Notice tone="active" icon="shield" title="Nothing remains under another key or version">
        Counted in the database once the last batch was committed: every data key is under {current}
        .
      </Notice>
    );
  }
  return (
    <Notice tone="attention" icon="clock" title={`Not everything is under ${current}`}>
      <ul>
        {report.remaining.map((item) => (
          <li key={`${String(item.root_key)}/${String(item.version)}`}>
            {grouped(item.keys)} data keys under root key {item.root_key}, version {item.version}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
