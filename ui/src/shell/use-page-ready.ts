import { useEffect } from "react";
import { mark } from "./marks";

/** Says on `<main>` that the page shows its data: tests and pictures wait for it. */
export function usePageReady(ready: boolean): void {
  useEffect(() => {
    const main = document.querySelector("main");
    if (main === null || !ready) return;
    main.dataset.ready = "true";
    mark("page-ready");
    return () => {
      delete main.dataset.ready;
    };
  }, [ready]);
}
