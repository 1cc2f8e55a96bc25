import classes from "./Segmented.module.css";

interface SegmentedProps<Value extends string> {
  /** Names the choice. */
  readonly label: string;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
}

/** One of a few, all in view. */
export function Segmented<Value extends string>(props: SegmentedProps<Value>) {
  return (
    <div className={classes.segmented} role="group" aria-label={props.label}>
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === props.value}
          onClick={() => props.onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
