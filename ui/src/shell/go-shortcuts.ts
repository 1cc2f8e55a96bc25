import { useNavigate } from "react-router";
import type { Role } from "@/ipc";
import { entries } from "./navigation";
import { useShortcuts } from "./shortcuts";

/** `g`, then a page's letter, goes to it. */
export function useGoShortcuts(role: Role | undefined): void {
  const navigate = useNavigate();
  const pages = role === undefined ? [] : entries(role);
  useShortcuts(
    pages.map((page) => ({
      keys: `g ${page.key}`,
      label: page.title,
      group: "Go to",
      run: () => void navigate(page.path),
    })),
  );
}
