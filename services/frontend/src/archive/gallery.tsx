import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { type Entry, keyOf, pageOf } from "../api/entries";
import styles from "./gallery.module.css";
import { placeAfter } from "./keys";
import { Tile } from "./tile";
import { useColumns } from "./use-columns";
import type { Selecting } from "./use-selection";

const CAPTION_PX = 34;
const GAP_PX = 10;
const OVERSCAN_ROWS = 3;

interface Props {
  /** How many images have a place. */
  count: number;
  /** Whether there are no more than these. */
  isComplete: boolean;
  at(place: number): Entry | undefined;
  selecting: Selecting;
  initialOffset: number;
  /** Told which places are in sight, and how far one has scrolled. */
  onRange(first: number, last: number, offset: number): void;
  scrollToTop: { current: (() => void) | null };
}

/**
 * A grid of images of which only the rows in sight exist.
 *
 * For keyboards and screen readers it is a grid (ARIA Authoring Practices): one tile can be reached with Tab, arrow keys
 * lead from it to others, Enter opens, Space selects.
 */
export function Gallery({ count, isComplete, at, selecting, initialOffset, onRange, scrollToTop }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const { columns, tile } = useColumns(frame, GAP_PX);
  const [current, setCurrent] = useState(0);
  const wantsFocus = useRef(false);
  const anchor = useRef(0);
  const navigate = useNavigate();
  const rowPx = tile + CAPTION_PX + GAP_PX;
  const rows = useVirtualizer({
    count: Math.ceil(count / columns),
    getScrollElement: () => frame.current,
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
    initialOffset,
    paddingStart: GAP_PX,
    paddingEnd: GAP_PX,
  });
  const items = rows.getVirtualItems();
  const first = (items[0]?.index ?? 0) * columns;
  const last = ((items.at(-1)?.index ?? 0) + 1) * columns - 1;
  const offset = rows.scrollOffset ?? 0;
  useEffect(() => onRange(first, last, offset), [onRange, first, last, offset]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row's height follows from the width of the page
  useEffect(() => rows.measure(), [rows, rowPx]);
  useEffect(() => {
    scrollToTop.current = () => rows.scrollToOffset(0);
  }, [rows, scrollToTop]);

  const focusWanted = useCallback((link: HTMLAnchorElement | null) => {
    if (!link || !wantsFocus.current) return;
    wantsFocus.current = false;
    link.focus({ preventScroll: true });
  }, []);

  function select(place: number, isRange: boolean) {
    const range = isRange ? between(anchor.current, place) : [place];
    const entries = range.map(at).filter((entry) => entry !== undefined);
    anchor.current = place;
    if (entries.length === 1 && entries[0]) selecting.toggle(entries[0]);
    else selecting.add(entries);
  }

  function pressed(event: KeyboardEvent) {
    const entry = at(current);
    if (event.key === " " || event.key === "x") select(current, event.shiftKey);
    else if (event.key === "Enter" && entry) void navigate(pageOf(entry));
    else if (event.key === "Escape") selecting.clear();
    else {
      const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 0) / rowPx) - 1);
      const place = placeAfter(event.key, current, { count, columns, page });
      if (place === null) return;
      if (event.shiftKey)
        selecting.add(
          between(current, place)
            .map(at)
            .filter((one) => one !== undefined),
        );
      anchor.current = place;
      const link = frame.current?.querySelector<HTMLElement>(`[data-place="${place}"]`);
      wantsFocus.current = !link; // it may come only later, and keys must lead on meanwhile
      (link ?? frame.current)?.focus({ preventScroll: true });
      setCurrent(place);
      rows.scrollToIndex(Math.floor(place / columns));
    }
    event.preventDefault();
  }

  return (
    <div
      ref={frame}
      role="grid"
      aria-label="Images"
      aria-multiselectable
      aria-rowcount={isComplete ? Math.ceil(count / columns) : -1}
      aria-colcount={columns}
      tabIndex={-1}
      className={styles.frame}
      onKeyDown={pressed}
    >
      <div className={styles.rows} style={{ height: rows.getTotalSize() }} role="presentation">
        {items.map((row) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the same
          <div
            key={row.key}
            role="row"
            aria-rowindex={row.index + 1}
            className={styles.row}
            style={{ transform: `translateY(${row.start}px)`, gridTemplateColumns: `repeat(${columns}, ${tile}px)` }}
          >
            {placesOf(row.index, columns, count).map((place) => {
              const entry = at(place);
              const isSelected = entry !== undefined && selecting.selection.has(keyOf(entry));
              return (
                // biome-ignore lint/a11y/useFocusableInteractive: the link in it takes the focus
                <div
                  key={entry ? keyOf(entry) : place}
                  role="gridcell"
                  aria-selected={isSelected}
                  className={styles.cell}
                  style={{ height: tile + CAPTION_PX }}
                >
                  {entry && (
                    <Tile
                      entry={entry}
                      place={place}
                      isCurrent={place === Math.min(current, count - 1)}
                      isSelected={isSelected}
                      onSelect={(isRange) => select(place, isRange)}
                      onFocus={() => setCurrent(place)}
                      linkRef={place === current ? focusWanted : null}
                    />
                  )}
                </div>
              );
            })}
          </div>
        ))}
      </div>
    </div>
  );
}

function placesOf(row: number, columns: number, count: number): number[] {
  const first = row * columns;
  return Array.from({ length: Math.min(columns, count - first) }, (_, column) => first + column);
}

function between(one: number, other: number): number[] {
  const first = Math.min(one, other);
  return Array.from({ length: Math.abs(one - other) + 1 }, (_, step) => first + step);
}
