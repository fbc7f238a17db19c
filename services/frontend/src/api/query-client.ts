import { QueryClient } from "@tanstack/react-query";
import { isTransient } from "./problem";
import { RETRIES, retryDelay } from "./retry";

const FRESH_MS = 10_000;

/** The cache of what the API said. What may succeed a moment later is tried again; nothing else is. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        refetchOnWindowFocus: false,
        retry: (failures, error) => isTransient(error) && failures < RETRIES,
        retryDelay,
      },
    },
  });
}
