/** Which images the archive shows, and how that is written into the address: under the names that the API has. */

import type { paths } from "./schema";

export type ListQuery = Omit<NonNullable<paths["/v1/images"]["get"]["parameters"]["query"]>, "limit" | "cursor">;
export type FilterName = keyof ListQuery;

const TEXTS = ["container", "prefix", "label", "model", "since", "until"] as const;
const SCORES = ["min_score", "max_score", "min_uncertainty", "max_uncertainty"] as const;

const CHOICES = {
  outcome: ["classified", "rejected", "superseded", "deleted"],
  reason: [
    "empty",
    "too_large",
    "too_many_pixels",
    "not_an_image",
    "unsupported_pixels",
    "truncated",
    "corrupt",
    "decode_timeout",
    "unreadable",
  ],
  sort: ["time", "score", "uncertainty"],
  order: ["descending", "ascending"],
} as const satisfies { [Name in "outcome" | "reason" | "sort" | "order"]: readonly NonNullable<ListQuery[Name]>[] };

export const OUTCOMES = CHOICES.outcome;
export const REASONS = CHOICES.reason;
export const SORTS = CHOICES.sort;

/** The filter in an address. What makes no sense there, as somebody may have typed it, is left out. */
export function readFilter(address: URLSearchParams): ListQuery {
  const filter: Record<string, unknown> = {};
  for (const name of TEXTS) {
    const value = address.get(name);
    if (value && (!isTime(name) || !Number.isNaN(Date.parse(value)))) filter[name] = value;
  }
  for (const name of SCORES) {
    const value = address.get(name);
    const score = Number(value);
    if (value && score >= 0 && score <= 1) filter[name] = score;
  }
  for (const [name, choices] of Object.entries(CHOICES)) {
    const value = address.get(name);
    if (choices.some((choice) => choice === value)) filter[name] = value;
  }
  for (const name of ["reviewed", "conflict"]) {
    const value = address.get(name);
    if (value === "true" || value === "false") filter[name] = value === "true";
  }
  return filter as ListQuery;
}

/** The address of a filter, always in the same order, so that the same filter has the same address. */
export function writeFilter(filter: ListQuery): URLSearchParams {
  const address = new URLSearchParams();
  for (const name of Object.keys(filter).sort() as FilterName[]) {
    const value = filter[name];
    if (value !== undefined && value !== null && value !== "") address.set(name, String(value));
  }
  return address;
}

/** The address at which a batch job of these images is submitted. */
export function newJobAddress(filter: ListQuery): string {
  const address = writeFilter(filter);
  address.set("input", "filter");
  return `/jobs/new?${address}`;
}

/** A filter with some of its parts set anew; what is empty is left out. */
export function withParts(filter: ListQuery, parts: { [Name in FilterName]?: ListQuery[Name] | "" }): ListQuery {
  return readFilter(writeFilter({ ...filter, ...parts } as ListQuery));
}

/** Whether new images come first, so that they can be shown as they arrive. */
export function isNewestFirst(filter: ListQuery): boolean {
  return (filter.sort ?? "time") === "time" && filter.order !== "ascending" && !filter.until;
}

/** What the live stream can be filtered by: it has no regard to time and order. */
export function streamFilter(filter: ListQuery): Record<string, string> {
  const { since: _since, until: _until, sort: _sort, order: _order, ...rest } = filter;
  return Object.fromEntries(writeFilter(rest));
}

function isTime(name: string): boolean {
  return name === "since" || name === "until";
}
