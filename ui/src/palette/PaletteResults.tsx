import { useEffect, useRef } from "react";
import { Icon, Keys, StateBadge } from "@/design";
import { type Found, groups } from "./search";
import classes from "./Palette.module.css";

interface PaletteResultsProps {
  readonly id: string;
  readonly found: readonly Found[];
  readonly selected: number;
  readonly typed: string;
  readonly run: (one: Found) => void;
}

/** What was found, by group. */
export function PaletteResults({ id, found, selected, typed, run }: PaletteResultsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Found"
      tabIndex={-1}
      className={classes.list}
    >
      {found.length === 0 && <p className={classes.nothing}>Nothing here is called “{typed}”.</p>}
      {groups.map((group) => {
        const members = found.filter((one) => one.group === group);
        return (
          members.length > 0 && (
            <div key={group} role="group" aria-label={group}>
              <h3 aria-hidden>{group}</h3>
              {members.map((one) => {
                const index = found.indexOf(one);
                return (
                  <Option
                    key={one.id}
                    id={`${id}-${String(index)}`}
                    found={one}
                    selected={index === selected}
                    run={run}
                  />
                );
              })}
            </div>
          )
        );
      })}
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly found: Found;
  readonly selected: boolean;
  readonly run: (one: Found) => void;
}

function Option({ id, found, selected, run }: OptionProps) {
  return (
    // The keyboard acts through the combobox, which names the selected option.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={selected}
      aria-disabled={found.refused !== undefined}
      className={classes.option}
      data-dangerous={found.dangerous === true || undefined}
      onClick={() => run(found)}
    >
      <Icon name={found.icon} />
      <span className={classes.title}>
        <Marked text={found.title} ranges={found.ranges} />
      </span>
      {found.note !== undefined && <span className={classes.note}>{found.note}</span>}
      <span className={classes.end}>
        {found.state !== undefined && <StateBadge state={found.state} quiet />}
        {found.refused ?? (found.keys !== undefined && <Keys keys={found.keys} />)}
        {selected && found.keys === undefined && found.refused === undefined && (
          <Keys keys="Enter" />
        )}
      </span>
    </div>
  );
}

/** A text with what matched of it set apart. */
function Marked({ text, ranges }: { readonly text: string; readonly ranges: Found["ranges"] }) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    parts.push(text.slice(at, from), <mark key={from}>{text.slice(from, to)}</mark>);
    at = to;
  }
  parts.push(text.slice(at));
  return <>{parts}</>;
}
