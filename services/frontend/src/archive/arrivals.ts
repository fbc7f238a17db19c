/** What becomes of images that arrive while a list is looked at. */

import { type Entry, keyOf } from "../api/entries";

/** With more, the list is asked for anew: it has them by then. */
const MAX_ARRIVALS = 600;

export interface State {
  /** Above the list, the newest first. */
  shown: Entry[];
  /** Not shown yet. */
  held: Entry[];
  /** More came than is kept here. */
  isBehind: boolean;
}

export const NONE: State = { shown: [], held: [], isBehind: false };

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
