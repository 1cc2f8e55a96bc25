import { Button } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { ErrorNotice, grouped, Notice, ProgressBar, TimeText } from "@/design";
import { useVerification, verifyLog } from "@/ipc";
import classes from "./audit.module.css";

/** How far verifying the log is, and what it found, in plain words. */
export function VerificationNotice() {
  const verification = useVerification();
  const [hidden, setHidden] = useState<string | null>(null);
  switch (verification.at) {
    case "never":
      return null;
    case "running":
      return (
        <div className={classes.verification}>
          <ProgressBar
            title="Verifying every record, the tree and its checkpoints"
            done={verification.progress?.done ?? 0}
            total={verification.progress?.total ?? 0}
            of="records"
          />
        </div>
      );
    case "verified": {
      if (hidden === verification.time) return null;
      const { found } = verification;
      return (
        <div className={classes.verification}>
          <Notice
            tone="active"
            icon="shield"
            title={
              <>
                All {grouped(found.records)} records are what was written, in the order in which
                they were written.
              </>
            }
            action={
              <Button variant="subtle" onClick={() => setHidden(verification.time)}>
                Close
              </Button>
            }
          >
            They lead to the newest checkpoint’s root, and {grouped(found.checkpoints)} kept{" "}
            {found.checkpoints === 1 ? "checkpoint agrees" : "checkpoints agree"}.
            {found.archived > 0 && (
              <>
                {" "}
                Of {grouped(found.archived)} archived records the hashes were verified; what they
                say is verified when their day is fetched.
              </>
            )}
            {found.clock_steps > 0 && (
              <> The clock went back {grouped(found.clock_steps)} times between records.</>
            )}{" "}
            <span className="muted">
              <TimeText value={verification.time} form="time" />
            </span>
          </Notice>
        </div>
      );
    }
    case "failed": {
      const { seq } = verification.failure.details;
      return (
        <div className={classes.verification}>
          <ErrorNotice failure={verification.failure} retry={() => void verifyLog()} />
          {seq !== undefined && (
            <Link className="link small" to={`/audit/${seq}`}>
              Go to record {grouped(Number(seq))}
            </Link>
          )}
        </div>
      );
    }
  }
}
