import { ActionIcon } from "@mantine/core";
import { memo, type PointerEvent, useEffect, useRef, useState } from "react";
import { Badge, grouped, Icon } from "@/design";
import { type Found, MapCanvas } from "./canvas";
import { drawn, kinds } from "./kinds";
import { onTheme } from "./palette";
import type { Region } from "./regions";
import { tell } from "./tell";
import classes from "./map.module.css";

interface RegionMapProps {
  readonly region: Region;
  readonly selected: boolean;
  readonly onSelect: (region: string) => void;
  readonly onOpen: (tenant: string) => void;
}

/** How much a turn of the wheel, and a step by key or button, zooms. */
const WHEEL = 0.0016;
const STEP = 1.5;
/** How far a press may move and still be a click. */
const STILL = 4;

/** One region: its words and counts, and below them a canvas with all of its tenants. */
export const RegionMap = memo(function RegionMap(props: RegionMapProps) {
  const { region, selected, onSelect, onOpen } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const map = useRef<MapCanvas>(null);
  const [pointed, setPointed] = useState("");
  const press = useRef<{ x: number; y: number; moved: boolean } | null>(null);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const mine = new MapCanvas(element);
    map.current = mine;
    const resized = new ResizeObserver(([entry]) => {
      if (entry !== undefined) mine.resize(entry.contentRect);
    });
    resized.observe(element);
    const stop = onTheme(() => mine.recolour());
    // React listens to wheels passively, and the page would scroll.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      mine.zoom(Math.exp(-event.deltaY * WHEEL), { x: event.offsetX, y: event.offsetY });
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("wheel", wheel);
      resized.disconnect();
      stop();
      mine.stop();
      map.current = null;
    };
  }, []);
  useEffect(() => map.current?.show(region.cells), [region.cells]);

  const found = (event: PointerEvent): Found | null =>
    map.current?.at(event.nativeEvent.offsetX, event.nativeEvent.offsetY) ?? null;
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const from = press.current;
    if (from === null) {
      setPointed(tell(found(event)));
      return;
    }
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (!from.moved && Math.hypot(dx, dy) < STILL) return;
    press.current = { x: event.clientX, y: event.clientY, moved: true };
    map.current?.pan(dx, dy);
  };
  const release = (event: PointerEvent<HTMLCanvasElement>) => {
    const clicked = press.current?.moved === false;
    press.current = null;
    if (!clicked) return;
    onSelect(region.id);
    const at = found(event);
    if (at === null) return;
    if ("spot" in at) onOpen(at.spot.row.id);
    else
      map.current?.zoom(STEP ** 4, { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY });
  };

  const count = region.spots.length;
  return (
    <section
      className={classes.region}
      data-selected={selected || undefined}
      style={{ flexGrow: count }}
      aria-label={region.id}
    >
      <header className={classes.head}>
        <button type="button" aria-pressed={selected} onClick={() => onSelect(region.id)}>
          {region.place} <span>{region.provider}</span>
        </button>
        <span className={classes.zoom}>
          <ActionIcon aria-label={`zoom into ${region.id}`} onClick={() => map.current?.zoom(STEP)}>
            <Icon name="plus" size={12} />
          </ActionIcon>
          <ActionIcon
            aria-label={`zoom out of ${region.id}`}
            onClick={() => map.current?.zoom(1 / STEP)}
          >
            <Icon name="minus" size={12} />
          </ActionIcon>
          <ActionIcon aria-label={`show all of ${region.id}`} onClick={() => map.current?.fit()}>
            <Icon name="undo" size={12} />
          </ActionIcon>
        </span>
        <b>{grouped(count)}</b>
      </header>
      <p className={classes.counts}>
        {kinds
          .filter((kind) => drawn[kind].group === "risk" && region.counts.has(kind))
          .map((kind) => (
            <Badge key={kind} quiet tone={drawn[kind].tone} icon={drawn[kind].icon}>
              {grouped(region.counts.get(kind) ?? 0)} {drawn[kind].word}
            </Badge>
          ))}
      </p>
      <canvas
        ref={canvas}
        className={classes.canvas}
        data-map
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          press.current = { x: event.clientX, y: event.clientY, moved: false };
          if (event.nativeEvent.isTrusted) event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={move}
        onPointerUp={release}
        onPointerCancel={() => {
          press.current = null;
        }}
        onPointerLeave={() => setPointed("")}
      >
        Map of {region.id}: {grouped(count)} tenants. The list beside it has them by name.
      </canvas>
      {pointed !== "" && <p className={classes.pointed}>{pointed}</p>}
    </section>
  );
});
