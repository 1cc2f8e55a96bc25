import { Button, Popover, TextInput } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/design";
import type { AuditFilter } from "./filter";
import { fieldTime, momentOf } from "./times";
import classes from "./audit.module.css";

interface TimeRangeProps {
  readonly filter: AuditFilter;
  readonly onChange: (times: Pick<AuditFilter, "since" | "until">) => void;
}

/** The time condition, typed: what brushing the histogram does with the mouse. */
export function TimeRange({ filter, onChange }: TimeRangeProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus withRoles>
      <Popover.Target>
        <button type="button" className={classes.plain} onClick={() => setOpen(!open)}>
          <Icon name="clock" size={13} /> Time
        </button>
      </Popover.Target>
      <Popover.Dropdown className={classes.range ?? ""}>
        <RangeForm
          filter={filter}
          onChange={(times) => {
            onChange(times);
            setOpen(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function RangeForm({ filter, onChange }: TimeRangeProps) {
  const [since, setSince] = useState(fieldTime(filter.since));
  const [until, setUntil] = useState(fieldTime(filter.until));
  const [from, to] = [momentOf(since), momentOf(until)];
  const backwards = from !== null && to !== null && from >= to;
  return (
    <form
      className={classes.rangeForm}
      onSubmit={(event) => {
        event.preventDefault();
        if (!backwards) onChange({ since: from, until: to });
      }}
    >
      <TextInput
        type="datetime-local"
        label="From"
        value={since}
        onChange={(event) => setSince(event.currentTarget.value)}
      />
      <TextInput
        type="datetime-local"
        label="To, not included"
        value={until}
        error={backwards && "this must be later than the beginning"}
        onChange={(event) => setUntil(event.currentTarget.value)}
      />
      <p className="muted tiny">Local times. An empty field leaves that side open.</p>
      <Button type="submit" variant="filled" disabled={backwards}>
        Show these records
      </Button>
    </form>
  );
}
