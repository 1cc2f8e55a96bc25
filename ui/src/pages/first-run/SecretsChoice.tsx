import { PasswordInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Badge, CopyButton, Icon, Notice } from "@/design";
import { asText } from "@/design/components/ErrorNotice";
import { keys, type WorkspaceStanding } from "@/ipc";
import { rules } from "./strength";
import classes from "./first-run.module.css";

export type Rests = "keyring" | "passphrase";

interface SecretsChoiceProps {
  readonly standing: WorkspaceStanding;
  readonly rests: Rests;
  readonly onRests: (rests: Rests) => void;
  readonly first: string;
  readonly second: string;
  readonly onTyped: (first: string, second: string) => void;
}

/** Where the workspace's own secrets rest; never somewhere weaker without saying so. */
export function SecretsChoice(props: SecretsChoiceProps) {
  const { standing, rests, onRests, first, second, onTyped } = props;
  const client = useQueryClient();
  const reachable = standing.keyring === true;
  return (
    <fieldset className={classes.choice}>
      <legend>Where its secrets rest</legend>
      {standing.keyring_failure !== null && (
        <Notice
          tone="attention"
          icon="info"
          title="No OS keyring answers"
          action={
            <button
              type="button"
              className={classes.again}
              onClick={() => void client.invalidateQueries({ queryKey: keys.standing })}
            >
              Look again
            </button>
          }
        >
          <p className="small">{standing.keyring_failure.message}</p>
          <p className="small">
            Start and unlock one (GNOME Keyring, KWallet) and look again, or seal the secrets in a
            file with a passphrase.
          </p>
          <span className="row tiny">
            <code>{standing.keyring_failure.code}</code>
            <CopyButton
              value={asText(standing.keyring_failure)}
              label="copy the error"
              text="Copy"
            />
          </span>
        </Notice>
      )}
      <div className={classes.options}>
        <Option
          value="keyring"
          chosen={rests}
          onChoose={onRests}
          disabled={!reachable}
          title="OS keyring"
          end={
            reachable ? (
              <Badge quiet tone="active" icon="active">
                found, unlocked
              </Badge>
            ) : (
              <Badge quiet tone="neutral" icon="denied">
                not reachable
              </Badge>
            )
          }
          note="The log’s signing key and the local key store’s seal are made here, never shown, and kept by your account’s keyring. The newest checkpoint is anchored beside them."
        />
        <Option
          value="passphrase"
          chosen={rests}
          onChoose={onRests}
          title="Encrypted file"
          end={<span className="muted small">passphrase at every start</span>}
          note="The same secrets in a file in the folder, sealed with a passphrase (Argon2id). Nobody can reset it: without it the workspace stays closed for good."
        >
          {rests === "passphrase" && (
            <>
              <div className={classes.pair}>
                <PasswordInput
                  label="Passphrase"
                  autoComplete="new-password"
                  value={first}
                  onChange={(event) => onTyped(event.currentTarget.value, second)}
                />
                <PasswordInput
                  label="The same again"
                  autoComplete="new-password"
                  value={second}
                  onChange={(event) => onTyped(first, event.currentTarget.value)}
                />
              </div>
              <ul className={classes.rules}>
                {rules(first, second).map((rule) => (
                  <li key={rule.says} data-tone={rule.kept ? "active" : "neutral"}>
                    <Icon
                      name={rule.kept ? "active" : "waiting"}
                      size={13}
                      label={rule.kept ? "kept" : "not yet"}
                    />{" "}
                    {rule.says}
                  </li>
                ))}
              </ul>
            </>
          )}
        </Option>
      </div>
    </fieldset>
  );
}

interface OptionProps {
  readonly value: Rests;
  readonly chosen: Rests;
  readonly onChoose: (value: Rests) => void;
  readonly disabled?: boolean;
  readonly title: string;
  readonly note: string;
  readonly end: ReactNode;
  readonly children?: ReactNode;
}

function Option({ value, chosen, onChoose, disabled = false, ...shown }: OptionProps) {
  return (
    <div className={classes.option} data-chosen={value === chosen || undefined}>
      <label>
        <input
          type="radio"
          name="secrets"
          value={value}
          checked={value === chosen}
          disabled={disabled}
          onChange={() => onChoose(value)}
        />
        <span>{shown.title}</span>
        {shown.end}
      </label>
      <p>{shown.note}</p>
      {shown.children}
    </div>
  );
}
