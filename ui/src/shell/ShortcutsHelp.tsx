import { Modal } from "@mantine/core";
import { useState } from "react";
import { Keys } from "@/design";
import { useLiveShortcuts, useShortcuts } from "./shortcuts";
import classes from "./ShortcutsHelp.module.css";

/** Lists every key that does something on this page; `?` opens it. */
export function ShortcutsHelp() {
  const [opened, setOpened] = useState(false);
  useShortcuts([
    { keys: "?", label: "List these keys", group: "Everywhere", run: () => setOpened(true) },
  ]);
  const shortcuts = useLiveShortcuts();
  const groups = [...new Set(shortcuts.map((one) => one.group))];
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Keys" size={520}>
      <div className={classes.groups}>
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {group === "Everywhere" && (
                <div>
                  <dt>Search and run</dt>
                  <dd>
                    <Keys keys="Ctrl K" />
                  </dd>
                </div>
              )}
              {shortcuts
                .filter((one) => one.group === group)
                .map((one) => (
                  <div key={one.keys + one.label}>
                    <dt>{one.label}</dt>
                    <dd>
                      <Keys keys={one.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
