import { Link } from "react-router";
import { Icon, TimeText } from "@/design";
import { useLogStanding, useVerification } from "@/ipc";
import { logWords } from "./log-words";
import classes from "./TopBar.module.css";

/** When the log was last verified, or what was found to be wrong with it. */
export function LogStanding() {
  const { tone, icon, words, time, turning } = logWords(useVerification(), useLogStanding().data);
  return (
    <Link to="/audit" className={classes.item ?? ""} data-tone={tone}>
      <Icon name={icon} turning={turning ?? false} />
      <b>{words}</b>
      {time !== undefined && (
        <span className="muted">
          <TimeText value={time} form="time" />
        </span>
      )}
    </Link>
  );
}
