import { KeyChip, TimeText } from "@/design";
import type { RewrapReportView } from "@/ipc";
import classes from "./rotation.module.css";

/** Data keys that a rewrap couldn't move, each with its reason; the rewrap goes on without them. */
export function Quarantine({ items }: { readonly items: RewrapReportView["quarantine"] }) {
  return (
    <ul className={classes.reasons} aria-label="Quarantined data keys">
      {items.map((item) => (
        <li key={item.key}>
          <div className="row">
            <KeyChip value={item.key} tag="DK" />
            <code data-tone="attention" className={classes.toned}>
              {item.code}
            </code>
            <span className="muted end">
              {item.attempts} {item.attempts === 1 ? "try" : "tries"},{" "}
              <TimeText value={item.at} form="relative" />
            </span>
          </div>
          <p className="secondary">{item.reason}</p>
        </li>
      ))}
    </ul>
  );
}
