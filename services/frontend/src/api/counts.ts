/** How many images there are: by outcome, label, reason and review, of all time. */

import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "./client";

/** Which images are counted. Unset parts match everything. */
export interface CountFilter {
  model?: string;
  container?: string;
}

/** How many images there are of each kind. */
export type Counted = Record<string, number>;

export function countsQuery(filter: CountFilter) {
  return queryOptions({
    queryKey: [COUNTS, filter],
    queryFn: ({ signal }) => answer(api.GET("/v1/counts", { params: { query: filter }, signal })),
  });
}

/** What all questions for counts begin with in the cache. */
export const COUNTS = "counts";

export function total(counted: Counted): number {
  return Object.values(counted).reduce((one, other) => one + other, 0);
}

/** What was counted, the most frequent first; of the equally frequent, the first by name. */
export function ranked(counted: Counted): [string, number][] {
  return Object.entries(counted).sort(
    ([name, images], [otherName, others]) => others - images || (name < otherName ? -1 : 1),
  );
}
