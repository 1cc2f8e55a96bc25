import { useEffect } from "react";

/** Says on `<main>` that the page shows its data: tests and pictures wait for it. */
export function usePageReady(ready: boolean): void {
  useEffect(() => {
    const main = document.querySelector("main");
    if (main === null || !ready) return;
    main.dataset.ready = "true";
    return () => {
      delete main.dataset.ready;
    };
  }, [ready]);
}
