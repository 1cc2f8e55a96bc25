import { Button, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { Icon, type IconName } from "./Icon";
import classes from "./TypedConfirmation.module.css";

interface TypedConfirmationProps {
  /** What must be typed: the tenant's name, or the tenant and its root key. */
  readonly name: string;
  /** What the button does, in words: `Suspend Initech`. */
  readonly action: string;
  readonly icon: IconName;
  readonly onConfirm: () => void;
  readonly pending?: boolean;
  /** Something else is missing, such as a reason. */
  readonly disabled?: boolean;
  /** Goes away without doing it. */
  readonly leave?: ReactNode;
}

/** Does what can't be undone only once its name was typed by hand. */
export function TypedConfirmation(props: TypedConfirmationProps) {
  const { name, action, icon, onConfirm, pending = false, disabled = false } = props;
  const [typed, setTyped] = useState("");
  const right = typed === name;
  return (
    <form
      className={classes.confirmation}
      onSubmit={(event) => {
        event.preventDefault();
        if (right && !disabled && !pending) onConfirm();
      }}
    >
      <TextInput
        label={
          <>
            Type <b className="mono">{name}</b> to confirm
          </>
        }
        description={hint(name, typed)}
        inputWrapperOrder={["label", "input", "description"]}
        classNames={{ input: "mono" }}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onPaste={(event) => {
          event.preventDefault();
        }}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
        }}
      />
      <div className={classes.actions}>
        {props.leave}
        <Button
          type="submit"
          variant="danger"
          disabled={!right || disabled}
          loading={pending}
          leftSection={<Icon name={icon} />}
        >
          {action}
        </Button>
      </div>
    </form>
  );
}

/** How far the typing is. */
export function hint(name: string, typed: string): string {
  if (typed === name) return "that is the name";
  if (!name.startsWith(typed)) return "that isn’t the name";
  const left = name.length - typed.length;
  return `${String(left)} ${left === 1 ? "character" : "characters"} to go; pasting is off`;
}
