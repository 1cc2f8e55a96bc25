import type { Tone } from "../tones";
import classes from "./Meter.module.css";

interface Part {
  readonly value: number;
  readonly tone: Tone;
  /** What is counted: it is said to those who can't see the bar. */
  readonly label: string;
}

interface MeterProps {
  readonly parts: readonly Part[];
  /** What a full bar is; the sum of the parts where it is left out. */
  readonly total?: number;
  readonly height?: 4 | 6 | 8;
  /** Words stand beside it already. */
  readonly decorative?: boolean;
}

/** A bar of one or more parts. */
export function Meter({ parts, total, height = 6, decorative = false }: MeterProps) {
  const whole = total ?? parts.reduce((sum, part) => sum + part.value, 0);
  const words = parts.map((part) => `${part.label} ${String(part.value)}`).join(", ");
  return (
    <span
      className={classes.bar}
      style={{ height }}
      {...(decorative ? { "aria-hidden": true } : { role: "img", "aria-label": words })}
    >
      {parts
        .filter((part) => part.value > 0 && whole > 0)
        .map((part) => (
          <i
            key={part.label}
            data-tone={part.tone}
            style={{ width: `${String((100 * Math.min(part.value, whole)) / whole)}%` }}
          />
        ))}
    </span>
  );
}
