import { useCallback, useState } from "react";
import { type Entry, keyOf } from "../api/entries";

export type Selection = ReadonlyMap<string, Entry>;

export interface Selecting {
  selection: Selection;
  toggle(entry: Entry): void;
  add(entries: Entry[]): void;
  clear(): void;
}

/** Images that a person has chosen, to do something with all of them. */
export function useSelection(): Selecting {
  const [selection, setSelection] = useState<Selection>(new Map());
  const toggle = useCallback((entry: Entry) => {
    setSelection((known) => {
      const next = new Map(known);
      if (!next.delete(keyOf(entry))) next.set(keyOf(entry), entry);
      return next;
    });
  }, []);
  const add = useCallback((entries: Entry[]) => {
    setSelection((known) => new Map([...known, ...entries.map((entry) => [keyOf(entry), entry] as const)]));
  }, []);
  const clear = useCallback(() => setSelection(new Map()), []);
  return { selection, toggle, add, clear };
}
