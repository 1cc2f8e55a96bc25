import { Menu, ScrollArea, TextInput } from "@mantine/core";
import { useState } from "react";
import { Icon } from "@/design";
import { type Role, useTenants } from "@/ipc";

interface ApproverRolesProps {
  readonly current: Role;
  readonly take: (role: Role) => void;
}

/** How many tenants are listed before a few letters must say which. */
const LISTED = 8;

/** Takes the role of a tenant's approver: one tenant, and nothing of any other. */
export function ApproverRoles({ current, take }: ApproverRolesProps) {
  const tenants = useTenants().data ?? [];
  const [letters, setLetters] = useState("");
  const found = tenants.filter((tenant) => tenant.id.includes(letters.toLowerCase()));
  if (tenants.length === 0) return null;
  return (
    <Menu.Sub position="left-start">
      <Menu.Sub.Target>
        <Menu.Sub.Item
          leftSection={<Icon name={current.kind === "tenant-approver" ? "check" : "approvals"} />}
        >
          approver of
        </Menu.Sub.Item>
      </Menu.Sub.Target>
      <Menu.Sub.Dropdown>
        {tenants.length > LISTED && (
          <TextInput
            aria-label="Tenant"
            placeholder="Tenant"
            p={4}
            value={letters}
            onChange={(event) => setLetters(event.currentTarget.value)}
          />
        )}
        <ScrollArea.Autosize mah={280}>
          {found.slice(0, LISTED).map((tenant) => (
            <Menu.Item
              key={tenant.id}
              onClick={() => take({ kind: "tenant-approver", tenant: tenant.id })}
            >
              {tenant.display_name}
            </Menu.Item>
          ))}
          {found.length > LISTED && (
            <Menu.Label>{found.length - LISTED} more, type to find</Menu.Label>
          )}
        </ScrollArea.Autosize>
      </Menu.Sub.Dropdown>
    </Menu.Sub>
  );
}
