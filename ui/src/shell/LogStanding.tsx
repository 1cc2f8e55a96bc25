import { Link } from "react-router";
import { Count, Icon, type IconName, TimeText, type Tone } from "@/design";
import { useVerification, type Verification } from "@/ipc";
import classes from "./TopBar.module.css";

/** What this window found when it last verified the log. */
export function LogStanding() {
  const verification = useVerification();
  const { tone, icon } = looks[verification.at];
  return (
    <Link to="/audit" className={classes.item ?? ""} data-tone={tone}>
      <Icon name={icon} turning={verification.at === "running"} />
      <Words of={verification} />
    </Link>
  );
}

const looks: Record<Verification["at"], { tone: Tone; icon: IconName }> = {
  never: { tone: "neutral", icon: "shield" },
  running: { tone: "accent", icon: "running" },
  verified: { tone: "active", icon: "shield" },
  failed: { tone: "compromised", icon: "compromised" },
};

function Words({ of: verification }: { readonly of: Verification }) {
  switch (verification.at) {
    case "never":
      return <span>Log not verified yet</span>;
    case "running":
      return (
        <span>
          Verifying the log
          {verification.progress !== null && verification.progress.total > 0 && (
            <> {Math.floor((100 * verification.progress.done) / verification.progress.total)} %</>
          )}
        </span>
      );
    case "verified":
      return (
        <>
          <b>Log verified</b>
          <span className="muted">
            <TimeText value={verification.time} form="time" />
          </span>
        </>
      );
    case "failed": {
      const seq = verification.failure.details.seq;
      return (
        <b>
          {seq === undefined ? (
            "Log not verified"
          ) : (
            <>
              Log broken at record <Count value={Number(seq)} />
            </>
          )}
        </b>
      );
    }
  }
}
