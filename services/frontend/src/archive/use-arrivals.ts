/**
 * Images that arrive while a list is looked at.
 *
 * Whoever is at the top of a list of the newest sees them at once. Whoever has scrolled down is told of them, and nothing
 * moves until they ask for it.
 */

import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useState } from "react";
import { type Entry, entryOf, keyOf, type Result } from "../api/entries";
import { replaceEntry } from "../api/images";
import { useStream } from "../api/use-stream";
import { isNewestFirst, type ListQuery, streamFilter } from "./filter";

/** With more, the list is asked for anew: it has them by then. */
const MAX_ARRIVALS = 600;

interface State {
  /** Above the list, the newest first. */
  shown: Entry[];
  /** Not shown yet. */
  held: Entry[];
  /** More came than is kept here. */
  isBehind: boolean;
}

const NONE: State = { shown: [], held: [], isBehind: false };

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

/** What follows when images arrive; of an image that comes again, the newest result counts. */
export function arrived(state: State, entries: Entry[], atOnce: boolean): State {
  if (!entries.length && !(atOnce && state.held.length)) return state;
  const latest = new Map(entries.map((entry) => [keyOf(entry), entry]));
  const shown = state.shown.map((entry) => take(latest, entry));
  const held = state.held.map((entry) => take(latest, entry));
  const incoming = [...[...latest.values()].reverse(), ...held];
  const next = atOnce ? { shown: [...incoming, ...shown], held: [] } : { shown, held: incoming.slice(0, MAX_ARRIVALS) };
  const isBehind = state.isBehind || next.shown.length > MAX_ARRIVALS || incoming.length > MAX_ARRIVALS;
  return { ...next, isBehind };
}

function take(latest: Map<string, Entry>, entry: Entry): Entry {
  const key = keyOf(entry);
  const newer = latest.get(key);
  latest.delete(key);
  return newer ?? entry;
}
