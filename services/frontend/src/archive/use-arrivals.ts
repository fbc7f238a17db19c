/**
 * Images that arrive while a list is looked at.
 *
 * Whoever is at the top of a list of the newest sees them at once. Whoever has scrolled down is told of them, and nothing
 * moves until they ask for it.
 */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { type Entry, entryOf, type Result } from "../api/entries";
import { isNewestFirst, type ListQuery, streamFilter } from "../api/filter";
import { replaceEntry } from "../api/images";
import { useStream } from "../api/use-stream";
import { arrived, NONE, type State } from "./arrivals";

export interface Arrivals {
  shown: Entry[];
  /** How many images are new and not shown. */
  held: number;
  isBehind: boolean;
  isLive: boolean;
  /** Show what was held. */
  release(): void;
}

/** @param isAtTop Whether the beginning of the list is in sight, so that images may appear there. */
export function useArrivals(filter: ListQuery, isAtTop: boolean, missed: boolean): Arrivals {
  const client = useQueryClient();
  const [state, setState] = useState<State>({ ...NONE, isBehind: missed });
  const appearsAtOnce = isAtTop && isNewestFirst(filter);

  function arrive(results: Result[]) {
    const unknown = results.filter((result) => !replaceEntry(client, result));
    setState((known) => arrived(known, unknown.map(entryOf), appearsAtOnce));
  }
  const isLive = useStream(streamFilter(filter), arrive, () => setState((known) => ({ ...known, isBehind: true })));

  const release = useCallback(() => setState((known) => arrived(known, [], true)), []);
  useEffect(() => {
    if (appearsAtOnce) release();
  }, [appearsAtOnce, release]);
  return { shown: state.shown, held: state.held.length, isBehind: state.isBehind, isLive, release };
}
