import type { ReactNode } from "react";
import type { Tone } from "../tones";
import { Icon, type IconName } from "./Icon";
import classes from "./Notice.module.css";

interface NoticeProps {
  readonly tone: Tone;
  readonly icon: IconName;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** What a person should know before the rest: a condition, a consequence, a finding. */
export function Notice({ tone, icon, title, children, action }: NoticeProps) {
  return (
    <div className={classes.notice} data-tone={tone} role="note">
      <Icon name={icon} />
      <div className={classes.text}>
        <b>{title}</b>
        {children !== undefined && <div>{children}</div>}
      </div>
      {action}
    </div>
  );
}
