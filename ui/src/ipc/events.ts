import type { QueryClient } from "@tanstack/react-query";
import { events } from "@/generated/bindings";
import { Changes, stale } from "./changes";

/** What the window itself does when the engine or the native menu asks for it. */
export interface Asked {
  openPage(page: string): void;
  openRequest(id: string): void;
}

/** One of the generated events. */
interface Told<T> {
  listen(heard: (event: { payload: T }) => void): Promise<() => void>;
}

/** Listens to one of `events`; the answer stops it. */
export function on<T>(event: Told<T>, heard: (payload: T) => void): () => void {
  const listening = event.listen(({ payload }) => {
    heard(payload);
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
    on(events.recordsAppended, ({ actions }) => {
      changes.add(stale.recordsAppended(actions));
    }),
    on(events.stateChanged, () => {
      changes.add(stale.stateChanged());
    }),
    on(events.jobsChanged, () => {
      changes.add(stale.jobsChanged());
    }),
    on(events.openPage, ({ page }) => {
      asked.openPage(page);
    }),
    on(events.openRequest, ({ id }) => {
      asked.openRequest(id);
    }),
  ];
  return () => {
    changes.stop();
    for (const stop of stops) stop();
  };
}
