import { drawings, type IconName } from "../icons";
import classes from "./Icon.module.css";

export type { IconName };

interface IconProps {
  readonly name: IconName;
  readonly size?: 11 | 12 | 13 | 14 | 15 | 16 | 20;
  /** What it says, where no word stands beside it. */
  readonly label?: string;
  /** Turns for as long as something is under way. */
  readonly turning?: boolean;
}

/** One icon of the set, in the colour of the text around it. */
export function Icon({ name, size = 14, label, turning = false }: IconProps) {
  const drawing: { path: string; dashed?: string; filled?: string } = drawings[name];
  const named =
    label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label };
  return (
    <svg
      className={classes.icon}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      data-turning={turning || undefined}
      {...named}
    >
      <path d={drawing.path} />
      {drawing.dashed !== undefined && <path d={drawing.dashed} strokeDasharray="2.4 2.3" />}
      {drawing.filled !== undefined && <path d={drawing.filled} className={classes.filled} />}
    </svg>
  );
}
