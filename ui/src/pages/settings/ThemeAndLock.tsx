import { Select, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ErrorNotice, Panel, Segmented } from "@/design";
import { call, commands, failureOf, keys } from "@/ipc";
import { Consequences } from "./Consequences";
import classes from "./settings.module.css";

const usual = [1, 5, 10, 15, 30, 60, 120, 240];

/** What belongs to this computer, and to no workspace. */
export function ThemeAndLock({ minutes }: { readonly minutes: number }) {
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const set = useMutation({
    mutationFn: (after: number) => call(commands.lockAfterSet(after)),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.standing }),
  });
  const offered = [...new Set([...usual, minutes])].sort((a, b) => a - b);
  return (
    <Panel title="Theme and lock" note="of this computer">
      <div className={classes.setting}>
        <span>Theme</span>
        <Segmented
          label="Theme"
          options={[
            { value: "auto", label: "System" },
            { value: "light", label: "Light" },
            { value: "dark", label: "Dark" },
          ]}
          value={colorScheme}
          onChange={setColorScheme}
        />
      </div>
      <div className={classes.setting}>
        <span id="lock-after">Lock when idle for</span>
        <Select
          aria-labelledby="lock-after"
          w={104}
          allowDeselect={false}
          data={offered.map((one) => ({ value: String(one), label: `${String(one)} min` }))}
          value={String(minutes)}
          disabled={set.isPending}
          onChange={(value) => {
            if (value !== null) set.mutate(Number(value));
          }}
        />
      </div>
      <Consequences
        of={[
          [
            "lock",
            `After ${String(minutes)} minutes without input this window lets go of every key.`,
          ],
          ["rotation", "A rewrap rests after its batch, and goes on when somebody resumes it."],
        ]}
      />
      {set.error !== null && <ErrorNotice failure={failureOf(set.error)} />}
    </Panel>
  );
}
