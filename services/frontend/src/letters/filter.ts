/** Which dead letters are shown, and how that is written into the address. */

import type { Schemas } from "../api/client";
import type { LetterFilter } from "../api/letters";

type Source = Schemas["Source"];

export const SOURCES = ["classify", "backfill", "store", "events"] as const satisfies Source[];

/** The filter in an address. What makes no sense there, as somebody may have typed it, is left out. */
export function readLetterFilter(address: URLSearchParams): LetterFilter {
  const source = SOURCES.find((one) => one === address.get("source"));
  const reason = address.get("reason");
  return { ...(source && { source }), ...(reason && { reason }) };
}

/** The address of a filter. */
export function writeLetterFilter({ source, reason }: LetterFilter): URLSearchParams {
  return new URLSearchParams({ ...(source && { source }), ...(reason && { reason }) });
}

/** The letters that match, in words. */
export function filterText({ source, reason }: LetterFilter): string {
  const place = source ? ` of ${source}` : "";
  return `all dead letters${place}${reason ? ` whose reason has “${reason}”` : ""}`;
}
