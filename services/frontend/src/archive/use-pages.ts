/**
 * An endless list, of which only the pages around what is looked at are in memory.
 *
 * Of every page that was ever reached stay its cursor and how many images it had, so that everything keeps its place. The
 * cache forgets the pages that nobody looks at after a while, and they are asked for again by their cursors. The first
 * page has no cursor: asked for again, it would begin with other images. So it is kept for longer.
 */

import { type QueryClient, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { answer, api } from "../api/client";
import { type Entry, entryOf } from "../api/entries";
import { type ListQuery, writeFilter } from "../api/filter";
import { PAGES, type Page } from "../api/images";

const PER_PAGE = 120;
const KEPT_MS = 20_000;
const FIRST_KEPT_MS = 10 * 60_000;

/** A page that was reached. */
interface Reached {
  cursor: string | null;
  count: number;
}

/** What is known of a list: the pages that were reached, and where it goes on. */
export interface Extent {
  reached: Reached[];
  next: string | null;
  isComplete: boolean;
}

export const NOTHING_REACHED: Extent = { reached: [], next: null, isComplete: false };

export interface Pages {
  /** How many images have a place so far. */
  count: number;
  isComplete: boolean;
  error: unknown;
  extent: Extent;
  /** The image at a place, unless its page is not in memory. */
  at(place: number): Entry | undefined;
  retry(): void;
}

/**
 * @param filter Which images, in which order.
 * @param first The first place that is shown.
 * @param last The last one. When it comes near the end of what was reached, the next page is asked for.
 * @param initial What was known of this list when it was looked at before.
 */
export function usePages(filter: ListQuery, first: number, last: number, initial: Extent): Pages {
  const client = useQueryClient();
  const [extent, setExtent] = useState(initial);
  const list = String(writeFilter(filter));

  const ends = useMemo(() => endsOf(extent.reached), [extent.reached]);
  const count = ends.at(-1) ?? 0;
  const from = pageAt(ends, first);
  const to = pageAt(ends, last);
  const wantsMore = !extent.isComplete && last >= count - PER_PAGE / 2;
  const cursors = extent.reached.slice(Math.max(0, from - 1), to + 2).map((page) => page.cursor);
  if (wantsMore && !cursors.includes(extent.next)) cursors.push(extent.next);

  const results = useQueries({
    queries: cursors.map((cursor) => ({
      queryKey: [PAGES, list, cursor],
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(filter, cursor, signal),
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: cursor === null ? FIRST_KEPT_MS : KEPT_MS,
    })),
  });
  const arrived = wantsMore ? results[cursors.indexOf(extent.next)]?.data : undefined;
  if (arrived) setExtent(grown(extent, arrived));
  const failed = results.find((result) => result.isError);

  const at = useCallback(
    (place: number): Entry | undefined => {
      const page = pageAt(ends, place);
      const reached = extent.reached[page];
      if (!reached) return undefined;
      const known = client.getQueryData<Page>([PAGES, list, reached.cursor]);
      return known?.entries[place - (ends[page - 1] ?? 0)];
    },
    [client, extent.reached, list, ends],
  );
  return {
    count,
    isComplete: extent.isComplete,
    error: failed?.error ?? null,
    extent,
    at,
    retry: () => void failed?.refetch(),
  };
}

/** Whether the cache still has the beginning of a list that was looked at before. */
export function hasBeginning(client: QueryClient, filter: ListQuery): boolean {
  return client.getQueryData([PAGES, String(writeFilter(filter)), null]) !== undefined;
}

/** Forget all pages of a list, so that it is asked for from its beginning. */
export function forget(client: QueryClient, filter: ListQuery): void {
  client.removeQueries({ queryKey: [PAGES, String(writeFilter(filter))] });
}

async function ask(filter: ListQuery, cursor: string | null, signal: AbortSignal): Promise<Page> {
  const query = { ...filter, limit: PER_PAGE, ...(cursor === null ? {} : { cursor }) };
  const page = await answer(api.GET("/v1/images", { params: { query }, signal }));
  return { entries: page.images.map(entryOf), next: page.next };
}

function grown(extent: Extent, { entries, next }: Page): Extent {
  const reached = [...extent.reached, { cursor: extent.next, count: entries.length }];
  return { reached, next, isComplete: next === null };
}

/** For each page the place after its last image. */
function endsOf(reached: Reached[]): number[] {
  let place = 0;
  return reached.map((page) => {
    place += page.count;
    return place;
  });
}

/** The number of the page that has a place. */
function pageAt(ends: number[], place: number): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends[middle] ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}
