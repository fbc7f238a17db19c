/** Where one was in a list, for when one comes back from an image to it, or goes from one image to the next. */

import type { QueryClient } from "@tanstack/react-query";
import { keyOf, type Name } from "../api/entries";
import { type ListQuery, writeFilter } from "../api/filter";
import { type Extent, forget, hasBeginning, NOTHING_REACHED } from "./use-pages";

interface Place {
  extent: Extent;
  /** Pixels from the top. */
  offset: number;
}

const places = new Map<string, Place>();
let around: readonly Name[] = [];

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

/** Note the images around the one that is looked at from now on, in the list's order. */
export function rememberAround(names: readonly Name[]): void {
  around = names;
}

interface Neighbours {
  previous: Name | undefined;
  next: Name | undefined;
}

/** The images before and after one in the list that was looked at last. */
export function neighboursOf(name: Name): Neighbours {
  const place = around.findIndex((one) => keyOf(one) === keyOf(name));
  if (place < 0) return { previous: undefined, next: undefined };
  return { previous: around[place - 1], next: around[place + 1] };
}
