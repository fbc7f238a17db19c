import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useEffect, useEffectEvent, useRef } from "react";
import styles from "./parts.module.css";

const OVERSCAN_ROWS = 8;

interface Props<Item> {
  label: string;
  items: readonly Item[];
  /** Told apart by this, which may be asked for again and again. */
  keyOf(item: Item): string;
  /** Pixels of a row that is not measured yet. */
  rowPx: number;
  /** Told when the end comes in sight, so that more can be asked for. */
  onEnd?(): void;
  className?: string | undefined;
  children(item: Item): ReactNode;
}

/** A list of which only the rows in sight exist. */
export function EndlessList<Item>({ label, items, keyOf, rowPx, onEnd, className = "", children }: Props<Item>) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    // biome-ignore lint/correctness/useExhaustiveDependencies: how items are told apart does not change
    getItemKey: useCallback((place: number) => (items[place] ? keyOf(items[place]) : place), [items]),
    estimateSize: () => rowPx,
    overscan: OVERSCAN_ROWS,
  });
  const shown = rows.getVirtualItems();
  const isEndInSight = (shown.at(-1)?.index ?? -1) >= items.length - OVERSCAN_ROWS;
  const reached = useEffectEvent(() => onEnd?.());
  // biome-ignore lint/correctness/useExhaustiveDependencies: what has come may not reach far enough
  useEffect(() => {
    if (isEndInSight) reached();
  }, [isEndInSight, items.length]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be scrolled where no row takes the focus
    <section ref={frame} aria-label={label} tabIndex={0} className={`${styles.endless} ${className}`}>
      <ul style={{ height: rows.getTotalSize() }}>
        {shown.map((row) => {
          const item = items[row.index];
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              aria-setsize={onEnd ? -1 : items.length}
              aria-posinset={row.index + 1}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {item !== undefined && children(item)}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
