import { Icon, type IconName } from "@/design";
import classes from "./first-run.module.css";

const parts: readonly { icon: IconName; title: string; says: string }[] = [
  {
    icon: "store",
    title: "A database",
    says: "references to root keys, wrapped data keys, states. No root key, no plaintext key.",
  },
  {
    icon: "audit",
    title: "An audit log",
    says: "one record for each operation, in a Merkle tree that others can verify.",
  },
  {
    icon: "shield",
    title: "A log key",
    says: "signs the log’s checkpoints. Its public half goes to whoever checks a proof.",
  },
  {
    icon: "key",
    title: "A local key store",
    says: "sealed, for tenants that have no key management of their own.",
  },
];

/** What a new workspace consists of. */
export function Makes() {
  return (
    <aside className={classes.makes}>
      <h2>What this makes</h2>
      <ul>
        {parts.map((part) => (
          <li key={part.title}>
            <Icon name={part.icon} />
            <div>
              <b>{part.title}</b>
              <p>{part.says}</p>
            </div>
          </li>
        ))}
      </ul>
      <p className="muted small">Nothing leaves this computer until a key of a provider is used.</p>
    </aside>
  );
}
