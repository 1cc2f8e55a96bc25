import { useDeferredValue, useId, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { Icon, Keys } from "@/design";
import { useTenants } from "@/ipc";
import { closePalette } from "./open";
import { PaletteResults } from "./PaletteResults";
import { usePaletteRegistry } from "./registry";
import { type Found, search } from "./search";
import classes from "./Palette.module.css";

/** What is typed, what was found, and the keys between them. */
export function PaletteBox({ begin }: { readonly begin: string }) {
  const list = useId();
  const navigate = useNavigate();
  const tenants = useTenants().data;
  const actions = usePaletteRegistry();
  const [typed, setTyped] = useState(begin);
  const [at, setAt] = useState(0);
  const deferred = useDeferredValue(typed);
  const found = useMemo(
    () => search(deferred, { tenants: tenants ?? [], actions, go: (path) => void navigate(path) }),
    [deferred, tenants, actions, navigate],
  );
  const selected = Math.min(at, found.length - 1);

  const run = (one: Found | undefined) => {
    if (one === undefined || one.refused !== undefined) return;
    closePalette();
    one.run();
  };
  const press = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (found.length > 0) setAt((selected + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[selected]);
    } else if (event.key === "c" && (event.ctrlKey || event.metaKey) && nothingSelected(event)) {
      const copies = found[selected]?.copies;
      if (copies !== undefined) void navigator.clipboard.writeText(copies);
    }
  };
  return (
    <>
      <div className={classes.ask}>
        <Icon name="search" size={16} />
        <input
          data-autofocus
          role="combobox"
          aria-label="Search or go to a tenant, key, record"
          aria-expanded
          aria-controls={list}
          aria-activedescendant={found.length > 0 ? `${list}-${String(selected)}` : undefined}
          autoComplete="off"
          spellCheck={false}
          placeholder="Search or go to a tenant, key, record"
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <Keys keys="Esc" />
      </div>
      <PaletteResults id={list} found={found} selected={selected} typed={deferred} run={run} />
      <footer className={classes.foot}>
        <span>
          <Keys keys="↑ ↓" /> move
        </span>
        <span>
          <Keys keys="Enter" /> open
        </span>
        <span>
          <Keys keys="Ctrl C" /> copy the whole id
        </span>
        <span>
          <Keys keys=">" /> actions
        </span>
        <span>
          <Keys keys="#" /> record
        </span>
      </footer>
    </>
  );
}

const steps: Readonly<Record<string, number | undefined>> = { ArrowDown: 1, ArrowUp: -1 };

const nothingSelected = ({ currentTarget: input }: React.KeyboardEvent<HTMLInputElement>) =>
  input.selectionStart === input.selectionEnd;
