/** Trying again: how often, and after how long. */

import { ApiProblem } from "./problem";

export const RETRIES = 4;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;

/** Milliseconds to wait after so many failures and one more: ever longer, unless the API says how long. */
export function retryDelay(failures: number, error: unknown): number {
  if (error instanceof ApiProblem && error.retryAfterS) return error.retryAfterS * 1000;
  return Math.min(FIRST_DELAY_MS * 2 ** failures, MAX_DELAY_MS);
}

/** Wait, but no longer than until the signal says stop. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
