import { useNavigate } from "react-router";
import { commands, call, useRole, verifyLog } from "@/ipc";
import { entries } from "@/shell/navigation";
import { usePaletteActions } from "./registry";

/** What can be done on every page: going to another one, verifying, locking. */
export function usePageActions(): void {
  const role = useRole();
  const navigate = useNavigate();
  const pages = role === undefined ? [] : entries(role);
  usePaletteActions([
    ...pages.map((page) => ({
      id: `go ${page.path}`,
      title: `Go to ${page.title}`,
      icon: page.icon,
      keys: `g ${page.key}`,
      run: () => void navigate(page.path),
    })),
    {
      id: "verify",
      title: "Verify the log",
      icon: "shield",
      run: () => void verifyLog(),
    },
    {
      id: "lock",
      title: "Lock the window",
      icon: "lock",
      run: () => void call(commands.workspaceLock()),
    },
  ]);
}
