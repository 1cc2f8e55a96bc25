import { stateShown } from "../states";
import { Badge } from "./Badge";

interface StateBadgeProps {
  /** The engine's word: of a key, a tenant, or `denied` and `unreachable`. */
  readonly state: string;
  readonly quiet?: boolean;
  /** Says more than the state's own word, such as `denied by the HSM`. */
  readonly word?: string;
  readonly title?: string;
}

/** The state of a key or tenant. */
export function StateBadge({ state, quiet = false, word, title }: StateBadgeProps) {
  const shown = stateShown(state);
  return (
    <Badge
      tone={shown.tone}
      icon={shown.icon}
      dashed={shown.dashed ?? false}
      quiet={quiet}
      title={title}
    >
      {word ?? shown.word}
    </Badge>
  );
}
