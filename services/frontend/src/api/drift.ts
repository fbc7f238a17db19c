/** Questions about drift. */

import { queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "./client";

export type DriftReport = Schemas["DriftReport"];
export type DriftFigure = Schemas["DriftFigure"];
export type Share = Schemas["Share"];

/** Days in UTC, as 2026-11-22; the last is exclusive. */
export interface Days {
  since: string;
  until: string;
}

/** The images of some days, beside those that a model was trained for, or those of other days. */
export function driftQuery(model: string, days: Days, baseline: Days | null) {
  const query = {
    model,
    ...days,
    ...(baseline && { baseline_since: baseline.since, baseline_until: baseline.until }),
  };
  return queryOptions({
    queryKey: ["drift", query],
    queryFn: ({ signal }) => answer(api.GET("/v1/drift", { params: { query }, signal })),
  });
}
