import { Badge, Icon, providerName } from "@/design";
import type { RecognisedView } from "@/ipc";
import classes from "./onboarding.module.css";

/** What a reference is taken for: its provider, its parts, and what is wrong or missing. */
export function Recognised({ seen }: { readonly seen: RecognisedView }) {
  return (
    <div className={classes.recognised} aria-live="polite">
      <dl className={classes.parts}>
        <div>
          <dt>Provider</dt>
          <dd>{seen.provider === null ? "not recognised yet" : providerName(seen.provider)}</dd>
        </div>
        {seen.parts.map((part) => (
          <div key={part.name}>
            <dt>{part.name}</dt>
            <dd className="mono">{part.value}</dd>
          </div>
        ))}
        {seen.custody !== null && (
          <div>
            <dt>Custody</dt>
            <dd>{seen.custody}</dd>
          </div>
        )}
      </dl>
      {seen.reference !== null ? (
        <Badge tone="active" icon="active" quiet>
          a whole reference
        </Badge>
      ) : (
        <p className={classes.wrong} data-tone="attention">
          <Icon name="info" size={13} />
          <span>
            <b>{seen.part}</b> must be {seen.expected}
            {seen.found !== null && (
              <>
                ; it is <code>{seen.found}</code>
              </>
            )}
            {seen.example !== null && (
              <>
                . For example <code>{seen.example}</code>
              </>
            )}
          </span>
        </p>
      )}
    </div>
  );
}
