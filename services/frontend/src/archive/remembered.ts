/** Where one was in a list, for when one comes back from an image to it. */

import type { QueryClient } from "@tanstack/react-query";
import { type ListQuery, writeFilter } from "./filter";
import { type Extent, forget, hasBeginning, NOTHING_REACHED } from "./use-pages";

interface Place {
  extent: Extent;
  /** Pixels from the top. */
  offset: number;
}

const places = new Map<string, Place>();

/** Note where one is when one leaves a list. Who was at its top will see what is new instead. */
export function remember(filter: ListQuery, place: Place): void {
  if (place.offset > 0) places.set(String(writeFilter(filter)), place);
}

/** Where one was, once; or the beginning of the list as it is now. */
export function recall(client: QueryClient, filter: ListQuery): Place {
  const list = String(writeFilter(filter));
  const place = places.get(list);
  places.delete(list);
  if (place && hasBeginning(client, filter)) return place;
  forget(client, filter);
  return { extent: NOTHING_REACHED, offset: 0 };
}
