/** What the overview asks, and how often anew. To browsers, the API says whether what they have has changed. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api } from "../api/client";
import { type CountFilter, countsQuery } from "../api/counts";
import { lastDays } from "./days";
import type { View } from "./view";

const PIPELINE_EVERY_MS = 3_000;
const COUNTS_EVERY_MS = 10_000;
const THROUGHPUT_EVERY_MS = 15_000;
const STATISTICS_EVERY_MS = 60_000;

/** Labels that have a colour of their own. */
const TOP = 6;

/** Everything of all time, as it is now. */
export function currentCountsQuery(filter: CountFilter) {
  return queryOptions({
    ...countsQuery(filter),
    refetchInterval: COUNTS_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** Labels by day, and scores. */
export function statisticsQuery({ filter, days }: View) {
  return queryOptions({
    queryKey: ["statistics", filter, days],
    queryFn: ({ signal }) => {
      const query = { ...filter, ...lastDays(days, Date.now()), top: TOP };
      return answer(api.GET("/v1/statistics", { params: { query }, signal }));
    },
    refetchInterval: STATISTICS_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** Images by slots of some minutes, of today and yesterday. */
export function throughputQuery(filter: CountFilter) {
  return queryOptions({
    queryKey: ["throughput", filter],
    queryFn: ({ signal }) => answer(api.GET("/v1/throughput", { params: { query: filter }, signal })),
    refetchInterval: THROUGHPUT_EVERY_MS,
    placeholderData: keepPreviousData,
  });
}

/** What is on its way. */
export function pipelineQuery() {
  return queryOptions({
    queryKey: ["pipeline"],
    queryFn: ({ signal }) => answer(api.GET("/v1/pipeline", { signal })),
    refetchInterval: PIPELINE_EVERY_MS,
  });
}
