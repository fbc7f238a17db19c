/** Which images are to be reviewed, and how that is written into the address. */

import { type ListQuery, readFilter } from "../api/filter";

export type ReviewFilter = Pick<ListQuery, "container" | "prefix" | "label" | "model">;

/** The filter in an address. Whatever else the archive can be filtered by has no meaning here. */
export function readReviewFilter(address: URLSearchParams): ReviewFilter {
  const { container, prefix, label, model } = readFilter(address);
  return Object.fromEntries(Object.entries({ container, prefix, label, model }).filter(([, value]) => value));
}
