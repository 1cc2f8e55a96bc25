import { useEffect, useRef } from "react";

/** Listens to a key while the page is shown; not while somebody types, nor where it was taken already. */
export function useKey(key: string, press: () => void): void {
  const latest = useRef(press);
  useEffect(() => {
    latest.current = press;
  });
  useEffect(() => {
    const heard = (event: KeyboardEvent) => {
      if (event.key !== key || event.defaultPrevented) return;
      const typing =
        event.target instanceof Element &&
        event.target.closest("input, textarea, [role='dialog'], [role='menu']") !== null;
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", heard);
    return () => {
      window.removeEventListener("keydown", heard);
    };
  }, [key]);
}
