import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { ErrorNotice, grouped, localTime, Panel, Segmented, useNow } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import { type Bar, bars, roundUp, type Span, spans } from "./activity";
import classes from "./Overview.module.css";

const options = [
  { value: "day", label: "24 h" },
  { value: "week", label: "7 d" },
  { value: "quarter", label: "100 d" },
] as const;

const nothing = {
  tenant: null,
  key: null,
  action: null,
  outcome: null,
  actor: null,
  until: null,
  search: null,
};

/** What was recorded over time: done, refused, failed. */
export function Activity() {
  const [span, setSpan] = useState<Span>("week");
  const now = useNow();
  const { hours, step, length } = spans[span];
  const since = new Date(
    Math.floor(now / length) * length - hours * 3_600_000 + length,
  ).toISOString();
  const { data, error } = useQuery({
    queryKey: keys.audit.live("activity", step, since),
    queryFn: () => call(commands.auditCounts({ ...nothing, since }, step, "outcome")),
    placeholderData: (last) => last,
  });
  const shown = useMemo(() => bars(data ?? [], span, now), [data, span, now]);
  return (
    <Panel
      title="Operations"
      note="recorded in the log"
      end={
        <>
          <Legend tone="accent" word="done" />
          <Legend tone="denied" word="refused" />
          <Legend tone="compromised" word="failed" />
          <Segmented label="How far back" options={options} value={span} onChange={setSpan} />
        </>
      }
    >
      {error !== null && data === undefined ? (
        <ErrorNotice failure={failureOf(error)} />
      ) : (
        <Chart bars={shown} span={span} />
      )}
    </Panel>
  );
}

function Legend({ tone, word }: { readonly tone: string; readonly word: string }) {
  return (
    <span className={classes.legend} data-tone={tone}>
      {word}
    </span>
  );
}

const parts = [
  ["failed", "compromised"],
  ["denied", "denied"],
  ["ok", "accent"],
] as const;

function Chart({ bars: shown, span }: { readonly bars: readonly Bar[]; readonly span: Span }) {
  const navigate = useNavigate();
  const top = roundUp(Math.max(0, ...shown.map((bar) => bar.ok + bar.denied + bar.failed)));
  const sum = (part: "ok" | "denied" | "failed") => shown.reduce((all, bar) => all + bar[part], 0);
  const words = `${grouped(sum("ok"))} done, ${grouped(sum("denied"))} refused, ${grouped(sum("failed"))} failed`;
  const time = (start: number) =>
    localTime(new Date(start), span === "day" ? "time" : "short").replace(
      /, \d\d:\d\d$/,
      span === "day" ? "$&" : "",
    );
  const open = (bar: Bar) => {
    const until = new Date(bar.start + spans[span].length).toISOString();
    const since = new Date(bar.start).toISOString();
    void navigate(`/audit?since=${encodeURIComponent(since)}&until=${encodeURIComponent(until)}`);
  };
  const ticks = [0.2, 0.4, 0.6, 0.8].map((at) => shown[Math.floor(at * shown.length)]);
  return (
    <div className={classes.chart}>
      <div className={classes.scale} aria-hidden>
        {[top, top / 2, 0].map((value) => (
          <span key={value}>{grouped(value)}</span>
        ))}
      </div>
      <div className={classes.plot}>
        <svg
          role="img"
          aria-label={words}
          preserveAspectRatio="none"
          viewBox={`0 0 ${String(shown.length * 10)} 100`}
        >
          {[0, 50, 100].map((y) => (
            <line key={y} x1={0} x2={shown.length * 10} y1={y} y2={y} className={classes.grid} />
          ))}
          {shown.map((bar, index) => {
            let y = 100;
            return (
              // A second way to what the time filter of the audit page gives by keys.
              <g key={bar.start} onClick={() => open(bar)} className={classes.bar}>
                <title>{`${localTime(new Date(bar.start), "full")}\n${grouped(bar.ok)} done, ${grouped(bar.denied)} refused, ${grouped(bar.failed)} failed`}</title>
                <rect x={index * 10} y={0} width={10} height={100} className={classes.hit} />
                {parts.map(([part, tone]) => {
                  const height = (100 * bar[part]) / top;
                  y -= height;
                  return height === 0 ? null : (
                    <rect
                      key={part}
                      x={index * 10 + 1}
                      y={y}
                      width={8}
                      height={height}
                      data-tone={tone}
                    />
                  );
                })}
              </g>
            );
          })}
        </svg>
      </div>
      <div className={classes.times} aria-hidden>
        {ticks.map((bar, index) => bar !== undefined && <span key={index}>{time(bar.start)}</span>)}
      </div>
    </div>
  );
}
