/** What the overview counts, and how that is written into the address. */

import type { CountFilter } from "../api/counts";
import { type ListQuery, writeFilter } from "../api/filter";

export const DAYS = [7, 30, 90];
const USUAL_DAYS = 30;

export interface View {
  filter: CountFilter;
  /** How many days labels and scores are shown of. */
  days: number;
}

/** The view in an address. What makes no sense there, as somebody may have typed it, is left out. */
export function readView(address: URLSearchParams): View {
  const filter: CountFilter = {};
  for (const name of ["model", "container"] as const) {
    const value = address.get(name);
    if (value) filter[name] = value;
  }
  const days = Number(address.get("days"));
  return { filter, days: DAYS.includes(days) ? days : USUAL_DAYS };
}

/** The address of a view; what is as usual is not in it. */
export function writeView({ filter, days }: View): URLSearchParams {
  const address = writeFilter(filter);
  if (days !== USUAL_DAYS) address.set("days", String(days));
  return address;
}

/** The address of the archive with these images. */
export function imagesOf(filter: ListQuery): string {
  return `/?${writeFilter(filter)}`;
}

/** When a day of UTC begins, as the archive's filter has it. */
export function beginOf(day: string): string {
  return `${day}T00:00:00Z`;
}
