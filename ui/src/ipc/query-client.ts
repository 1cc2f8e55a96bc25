import { QueryClient } from "@tanstack/react-query";
import { CommandFailure } from "./failure";

/**
 * Nothing is asked again by itself: events say when something changed. A failed command is an answer
 * and isn't retried; only a fault of the transport is, once.
 */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Infinity,
        gcTime: 10 * 60 * 1000,
        networkMode: "always",
        refetchOnWindowFocus: false,
        retry: (count, error) => !(error instanceof CommandFailure) && count < 1,
        retryDelay: 200,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}
