import { Combobox, TextInput, useCombobox } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type FilterToken, FilterTokens, Icon, Keys, useNow } from "@/design";
import { commands, keys, useTenants } from "@/ipc";
import { useShortcuts } from "@/shell/shortcuts";
import { type AuditFilter, isEmpty, noFilter, typed, words } from "./filter";
import { type Suggestion, suggestions } from "./suggestions";
import { TimeRange } from "./TimeRange";
import { rangeWords } from "./times";
import classes from "./audit.module.css";

interface FilterBarProps {
  readonly filter: AuditFilter;
  readonly onChange: (filter: AuditFilter) => void;
  /** Goes to a record by its number. */
  readonly onGo: (seq: number) => void;
}

/** The conditions, and the field that adds another. */
export function FilterBar({ filter, onChange, onGo }: FilterBarProps) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", label: "Filter", group: "Audit", run: () => field.current?.focus() }]);
  const add = (more: Partial<AuditFilter>) => onChange({ ...filter, ...more });
  const remove = ({ field }: FilterToken) =>
    add(
      field === "time"
        ? { since: null, until: null }
        : { [field === "text" ? "search" : field]: null },
    );
  return (
    <FilterTokens tokens={tokensOf(filter)} onRemove={remove}>
      <FilterField field={field} onAdd={add} onGo={onGo} />
      <div className={classes.filterEnd}>
        {!isEmpty(filter) && (
          <button type="button" className={classes.plain} onClick={() => onChange(noFilter)}>
            Clear
          </button>
        )}
        <TimeRange filter={filter} onChange={add} />
      </div>
    </FilterTokens>
  );
}

/** A filter as its tokens. */
export function tokensOf(filter: AuditFilter): FilterToken[] {
  const time = rangeWords(filter.since, filter.until);
  return [
    ...(time === null ? [] : [{ field: "time", value: time }]),
    ...words.flatMap((field) => {
      const value = filter[field];
      return value === null ? [] : [{ field, value }];
    }),
    ...(filter.search === null ? [] : [{ field: "text", value: filter.search }]),
  ];
}

interface FilterFieldProps {
  readonly field: React.RefObject<HTMLInputElement | null>;
  readonly onAdd: (more: Partial<AuditFilter>) => void;
  readonly onGo: (seq: number) => void;
}

function FilterField({ field, onAdd, onGo }: FilterFieldProps) {
  const [text, setText] = useState("");
  const now = useNow();
  const tenants = useTenants().data?.map((tenant) => tenant.id) ?? [];
  const asked = useQuery({
    queryKey: keys.audit.still("words"),
    queryFn: () => commands.auditWords(),
  }).data;
  const { actions = [], outcomes = [] } = asked ?? {};
  const offered = suggestions(text, { tenants, actions, outcomes }, now);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });

  const choose = ({ adds, begins, goes }: Suggestion) => {
    setText(begins ?? "");
    combobox.resetSelectedOption();
    if (adds !== undefined) onAdd(adds);
    if (goes !== undefined) onGo(goes);
    if (begins === undefined) combobox.closeDropdown();
  };
  return (
    <Combobox
      store={combobox}
      size="xs"
      width={340}
      position="bottom-start"
      onOptionSubmit={(label) => {
        const one = offered.find((option) => option.label === label);
        if (one !== undefined) choose(one);
      }}
    >
      <Combobox.Target>
        <TextInput
          ref={field}
          className={classes.field ?? ""}
          variant="unstyled"
          aria-label="filter or text"
          placeholder="filter or text"
          leftSection={<Icon name="plus" size={12} />}
          rightSection={text === "" ? <Keys keys="/" /> : null}
          rightSectionPointerEvents="none"
          value={text}
          onFocus={() => combobox.openDropdown()}
          onClick={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
          onChange={(event) => {
            setText(event.currentTarget.value);
            combobox.openDropdown();
            combobox.resetSelectedOption();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.stopPropagation();
              field.current?.blur();
            }
            if (event.key !== "Enter" || combobox.getSelectedOptionIndex() >= 0) return;
            const more = typed(text);
            if (Object.keys(more).length > 0) choose({ label: text, adds: more });
          }}
        />
      </Combobox.Target>
      <Combobox.Dropdown className={classes.offers ?? ""} hidden={offered.length === 0}>
        <Combobox.Options>
          {offered.map((one) => (
            <Combobox.Option key={one.label} value={one.label}>
              <span>{one.label}</span> <small>{one.note}</small>
            </Combobox.Option>
          ))}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
