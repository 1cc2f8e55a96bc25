import { useClipboard } from "@mantine/hooks";
import { Icon } from "./Icon";
import classes from "./CopyButton.module.css";

interface CopyButtonProps {
  /** What is copied, whole. */
  readonly value: string;
  /** Names what is copied: `copy the key reference`. */
  readonly label: string;
  /** A word beside the icon. */
  readonly text?: string;
}

/** Copies a text, and says that it has. */
export function CopyButton({ value, label, text }: CopyButtonProps) {
  const { copy, copied } = useClipboard({ timeout: 1500 });
  return (
    <button
      type="button"
      className={classes.copy}
      aria-label={copied ? "copied" : label}
      title={copied ? "copied" : label}
      data-copied={copied || undefined}
      onClick={(event) => {
        event.stopPropagation();
        copy(value);
      }}
    >
      <Icon name={copied ? "check" : "copy"} size={text === undefined ? 11 : 12} />
      {text !== undefined && <span>{copied ? "Copied" : text}</span>}
    </button>
  );
}
