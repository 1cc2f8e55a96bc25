import { listen } from "@tauri-apps/api/event";
import type { QueryClient } from "@tanstack/react-query";
import { Changes, stale } from "./changes";
import { keys } from "./keys";

/** What the window itself does when the engine or the native menu asks for it. */
export interface Asked {
  openPage(page: string): void;
  openRequest(id: string): void;
}

/** The payloads of events, by their names. */
interface Events {
  "records-appended": { from: number; to: number; tenants: string[]; actions: string[] };
  "state-changed": { tenant: string };
  "jobs-changed": Record<string, never>;
  "standing-changed": { open: boolean };
  "open-page": { page: string };
  "open-request": { id: string };
}

/** Listens to one event; the answer stops it. */
export function on<Name extends keyof Events>(
  name: Name,
  heard: (payload: Events[Name]) => void,
): () => void {
  const listening = listen<Events[Name]>(name, (event) => {
    heard(event.payload);
  });
  return () => {
    void listening.then((stop) => {
      stop();
    });
  };
}

/** Keeps queries as fresh as the log, and passes on what is asked of the window. */
export function followEvents(client: QueryClient, asked: Asked): () => void {
  const changes = new Changes(client);
  const stops = [
    on("records-appended", () => {
      changes.add(stale.recordsAppended());
    }),
    on("state-changed", () => {
      changes.add(stale.stateChanged());
    }),
    on("jobs-changed", () => {
      changes.add(stale.jobsChanged());
    }),
    on("standing-changed", () => {
      changes.stop();
      void client.invalidateQueries({ queryKey: keys.standing });
    }),
    on("open-page", ({ page }) => {
      asked.openPage(page);
    }),
    on("open-request", ({ id }) => {
      asked.openRequest(id);
    }),
  ];
  return () => {
    changes.stop();
    for (const stop of stops) stop();
  };
}
