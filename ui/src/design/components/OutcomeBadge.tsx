import { outcomeShown } from "../states";
import { Badge } from "./Badge";

interface OutcomeBadgeProps {
  /** The engine's word: of a record, a challenge or a job. */
  readonly outcome: string;
  readonly quiet?: boolean;
  readonly title?: string;
}

/** How something ended, or that it is under way. */
export function OutcomeBadge({ outcome, quiet = false, title }: OutcomeBadgeProps) {
  const shown = outcomeShown(outcome);
  return (
    <Badge
      tone={shown.tone}
      icon={shown.icon}
      quiet={quiet}
      turning={outcome === "running"}
      title={title}
    >
      {shown.word}
    </Badge>
  );
}
