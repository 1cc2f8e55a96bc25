import { type ReactNode, useId } from "react";
import classes from "./Choices.module.css";

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly title: ReactNode;
  /** What choosing it means. */
  readonly says: ReactNode;
  /** It is shown, so that its reason can be read, and can't be taken. */
  readonly disabled?: boolean;
}

interface ChoicesProps<Value extends string> {
  /** Names what is chosen. */
  readonly label: string;
  readonly choices: readonly Choice<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, each with what it means. */
export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const name = useId();
  return (
    <fieldset className={classes.choices} aria-label={props.label}>
      {props.choices.map((choice) => (
        <label key={choice.value}>
          <input
            type="radio"
            name={name}
            value={choice.value}
            disabled={choice.disabled ?? false}
            checked={choice.value === props.value}
            onChange={() => props.onChange(choice.value)}
          />
          <span>
            {choice.title}
            <small>{choice.says}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
