import type { ReactNode } from "react";
import type { Tone } from "../tones";
import { Icon, type IconName } from "./Icon";
import classes from "./Badge.module.css";

export interface BadgeProps {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly children: ReactNode;
  /** A condition of the provider, and not a state of the key. */
  readonly dashed?: boolean;
  /** Icon and word without the box: how tables show it. */
  readonly quiet?: boolean;
  readonly turning?: boolean;
  readonly title?: string | undefined;
}

/** Colour, icon and word; never one of them alone. */
export function Badge({ tone, icon, children, dashed, quiet, turning, title }: BadgeProps) {
  return (
    <span
      className={classes.badge}
      data-tone={tone}
      data-dashed={dashed === true || undefined}
      data-quiet={quiet === true || undefined}
      title={title}
    >
      <Icon name={icon} size={quiet === true ? 13 : 12} turning={turning ?? false} />
      {children}
    </span>
  );
}
