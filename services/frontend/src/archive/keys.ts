/** Where keys lead in a grid. */

interface Grid {
  count: number;
  columns: number;
  /** Rows that Page Up and Page Down go. */
  page: number;
}

/** The place that a key leads to; nothing if it is a key with another meaning. */
export function placeAfter(key: string, place: number, { count, columns, page }: Grid): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * page,
    PageDown: columns * page,
    Home: -place,
    End: count - 1 - place,
  };
  const step = steps[key];
  if (step === undefined || count === 0) return null;
  const wanted = place + step;
  const isWholeRows = step % columns === 0 && key !== "Home" && key !== "End" && columns > 1;
  if (isWholeRows && wanted < 0) return place % columns;
  if (isWholeRows && wanted >= count) return lastInColumn(place % columns, count, columns);
  return Math.min(Math.max(wanted, 0), count - 1);
}

function lastInColumn(column: number, count: number, columns: number): number {
  const inLastRow = Math.floor((count - 1) / columns) * columns + column;
  return inLastRow < count ? inLastRow : inLastRow - columns;
}
