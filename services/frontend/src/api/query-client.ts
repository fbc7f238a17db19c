import { QueryClient } from "@tanstack/react-query";
import { ApiProblem, isTransient } from "./problem";

const RETRIES = 4;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
const FRESH_MS = 10_000;

/** The cache of what the API said. What may succeed a moment later is tried again; nothing else is. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        refetchOnWindowFocus: false,
        retry: (failures, error) => isTransient(error) && failures < RETRIES,
        retryDelay: (failures, error) =>
          error instanceof ApiProblem && error.retryAfterS
            ? error.retryAfterS * 1000
            : Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS),
      },
    },
  });
}
