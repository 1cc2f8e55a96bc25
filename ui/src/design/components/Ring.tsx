import type { Tone } from "../tones";
import classes from "./Ring.module.css";

interface RingProps {
  /** The age as a share of the period; past 1 it is overdue. */
  readonly share: number;
  readonly size?: number;
  /** What it says in words: `88 of 90 days`. */
  readonly label: string;
}

/** From which share of its period on a key is about to be due. */
const DUE = 0.85;

/** On a scale of age: well, from 85 % of the period due, past it overdue. */
export function ageTone(share: number): Tone {
  if (share > 1) return "compromised";
  return share >= DUE ? "attention" : "active";
}

/** How old a key is. */
export function Ring({ share, size = 18, label }: RingProps) {
  const width = Math.max(2, size / 9);
  const radius = (size - width) / 2;
  const around = 2 * Math.PI * radius;
  const shown = Math.min(Math.max(share, 0), 1);
  return (
    <svg
      className={classes.ring}
      data-tone={ageTone(share)}
      width={size}
      height={size}
      strokeWidth={width}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <circle className={classes.track} cx={size / 2} cy={size / 2} r={radius} />
      <circle
        className={classes.arc}
        cx={size / 2}
        cy={size / 2}
        r={radius}
        strokeDasharray={`${String(around * shown)} ${String(around)}`}
        transform={`rotate(-90 ${String(size / 2)} ${String(size / 2)})`}
      />
    </svg>
  );
}
