import { Menu, useMantineColorScheme } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { Icon } from "@/design";
import { call, commands, parseRole, type Role, roleName, roleWord, useWorkspace } from "@/ipc";
import { entries } from "./navigation";
import { ApproverRoles } from "./ApproverRoles";
import classes from "./TopBar.module.css";

const schemes = [
  { scheme: "auto", name: "As the system", icon: "theme" },
  { scheme: "light", name: "Light", icon: "sun" },
  { scheme: "dark", name: "Dark", icon: "moon" },
] as const;

/** Who works in the window and in which role, with what belongs to that person alone. */
export function Identity() {
  const workspace = useWorkspace().data;
  const client = useQueryClient();
  const navigate = useNavigate();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const take = useMutation({
    mutationFn: (role: Role) => call(commands.roleTake(roleWord(role))),
    // What one role saw isn't the other's to see.
    onSuccess: async (_, role) => {
      const first = entries(role)[0];
      if (first !== undefined) await navigate(first.path);
      await client.resetQueries();
    },
  });
  if (workspace === undefined) return null;
  const role = parseRole(workspace.role);
  return (
    <Menu width={230}>
      <Menu.Target>
        <button type="button" className={classes.item}>
          <span className={classes.avatar} aria-hidden>
            {initials(workspace.actor)}
          </span>
          <span>
            {personName(workspace.actor)} <span className="muted">· {roleName(role)}</span>
          </span>
          <Icon name="down" size={12} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Work as</Menu.Label>
        {(["administrator", "security-officer"] as const).map((kind) => (
          <Menu.Item
            key={kind}
            leftSection={<Icon name={role.kind === kind ? "check" : "user"} />}
            onClick={() => take.mutate({ kind })}
          >
            {roleName({ kind })}
          </Menu.Item>
        ))}
        <ApproverRoles current={role} take={take.mutate} />
        <Menu.Divider />
        <Menu.Label>Theme</Menu.Label>
        {schemes.map(({ scheme, name, icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={colorScheme === scheme ? "check" : icon} />}
            onClick={() => setColorScheme(scheme)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="lock" />}
          onClick={() => void call(commands.workspaceLock())}
        >
          Lock
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Actors are `kind:name`; people are shown by their name. */
const personName = (actor: string): string => actor.replace(/^[a-z-]+:/, "");

/** Two letters of a name, for its mark. */
export function initials(actor: string): string {
  const parts = personName(actor)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== "");
  const letters =
    parts.length > 1
      ? parts.slice(0, 2).map((part) => part[0])
      : Array.from(parts[0] ?? "?").slice(0, 2);
  return letters.join("").toUpperCase();
}
