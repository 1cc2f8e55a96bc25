import { useEffect } from "react";
import { commands } from "@/ipc";

/** How often the engine is told at most that somebody uses the window. */
const EVERY_MS = 20_000;

/** Puts off the automatic lock for as long as somebody uses the window. */
export function useLockTouch(): void {
  useEffect(() => {
    let told = -Infinity;
    const touch = () => {
      const now = performance.now();
      if (now - told < EVERY_MS) return;
      told = now;
      // A window that can't tell is locked in time, which is the safe way.
      commands.lockTouch().catch(() => undefined);
    };
    const inputs = ["pointerdown", "pointermove", "keydown", "wheel"] as const;
    for (const input of inputs) window.addEventListener(input, touch, { passive: true });
    return () => {
      for (const input of inputs) window.removeEventListener(input, touch);
    };
  }, []);
}
