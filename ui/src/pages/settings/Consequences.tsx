import { Icon, type IconName } from "@/design";
import classes from "./settings.module.css";

/** What follows, with an icon for its kind. */
export type Consequence = readonly [IconName, string];

interface ConsequencesProps {
  /** What a value does, what it never does, what it costs. */
  readonly of: readonly Consequence[];
}

/** What a value means, before it is saved. */
export function Consequences({ of }: ConsequencesProps) {
  return (
    <ul className={classes.consequences}>
      {of.map(([icon, says]) => (
        <li key={says}>
          <Icon name={icon} size={13} />
          <span>{says}</span>
        </li>
      ))}
    </ul>
  );
}
