import { type PointerEvent, type ReactNode, useRef, useState } from "react";
import { grouped } from "@/design";
import { type Bin, ceiling, isIn, sum } from "./bins";
import classes from "./Histogram.module.css";

interface BarsProps {
  readonly title: ReactNode;
  /** Names the chart for those who can't see it. */
  readonly label: string;
  readonly bins: readonly Bin[];
  /** What stands below a bar; nothing below most of them. */
  readonly tick: (bin: Bin, index: number) => ReactNode;
  /** Names a bar when the mouse is over it. */
  readonly name: (bin: Bin) => string;
  readonly since: number;
  readonly until: number;
  /** Marks a bar, such as an archived day. */
  readonly mark?: (bin: Bin) => string | undefined;
  /** Times were brushed. */
  readonly onBrush: (since: number, until: number) => void;
}

/** Bars that can be brushed: the brush is the time condition, and the other way round. */
export function Bars(props: BarsProps) {
  const { bins, since, until, onBrush } = props;
  const plot = useRef<HTMLDivElement>(null);
  const [brush, setBrush] = useState<readonly [number, number] | null>(null);
  const top = ceiling(Math.max(...bins.map(sum)));

  const indexAt = (event: PointerEvent): number => {
    const box = plot.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    const at = Math.floor(((event.clientX - box.left) / box.width) * bins.length);
    return Math.min(Math.max(at, 0), bins.length - 1);
  };
  const done = () => {
    if (brush === null) return;
    const [first, last] = [bins[Math.min(...brush)], bins[Math.max(...brush)]];
    setBrush(null);
    if (first !== undefined && last !== undefined) onBrush(first.start, last.end);
  };
  const chosen = (bin: Bin, index: number): boolean =>
    brush === null
      ? (since > -Infinity || until < Infinity) && isIn(bin, since, until)
      : index >= Math.min(...brush) && index <= Math.max(...brush);

  return (
    <figure className={classes.chart}>
      <figcaption className={classes.title}>{props.title}</figcaption>
      <span className={classes.top}>{grouped(top)}</span>
      <div
        ref={plot}
        className={classes.plot}
        role="img"
        aria-label={props.label}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush([indexAt(event), indexAt(event)]);
        }}
        onPointerMove={(event) => {
          if (brush !== null) setBrush([brush[0], indexAt(event)]);
        }}
        onPointerUp={done}
        onPointerCancel={() => setBrush(null)}
      >
        {bins.map((bin, index) => (
          <div
            key={bin.start}
            className={classes.bar}
            data-chosen={chosen(bin, index) || undefined}
            title={`${props.name(bin)}: ${tip(bin)}`}
          >
            <Part value={bin.failed} top={top} tone="compromised" />
            <Part value={bin.denied} top={top} tone="denied" />
            <Part value={bin.ok} top={top} />
          </div>
        ))}
      </div>
      <div className={classes.ticks} aria-hidden>
        {bins.map((bin, index) => (
          <span
            key={bin.start}
            data-mark={props.mark?.(bin) !== undefined || undefined}
            title={props.mark?.(bin)}
          >
            {props.tick(bin, index)}
          </span>
        ))}
      </div>
    </figure>
  );
}

/** A part of a bar; what isn't nothing is never too low to be seen. */
function Part({ value, top, tone }: { value: number; top: number; tone?: string }) {
  if (value === 0) return null;
  return <i data-tone={tone} style={{ height: `max(1.5px, ${String((100 * value) / top)}%)` }} />;
}

function tip(bin: Bin): string {
  const parts = [`${grouped(sum(bin))} records`];
  if (bin.denied > 0) parts.push(`${grouped(bin.denied)} refused`);
  if (bin.failed > 0) parts.push(`${grouped(bin.failed)} failed`);
  return parts.join(", ");
}
