import { type RefObject, useLayoutEffect, useState } from "react";

const WIDE_TILE_PX = 168;
const NARROW_TILE_PX = 108;
const PHONE_PX = 600;

interface Columns {
  columns: number;
  /** Width and height of a tile's picture, in pixels. */
  tile: number;
}

/** As many tiles in a row as fit, all of the same width, for the width that the element has. */
export function useColumns(element: RefObject<HTMLElement | null>, gap: number): Columns {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    const frame = element.current;
    const observer = new ResizeObserver(() => setWidth(frame.clientWidth));
    observer.observe(frame);
    setWidth(frame.clientWidth);
    return () => observer.disconnect();
  }, [element]);
  return columnsIn(width, gap);
}

export function columnsIn(width: number, gap: number): Columns {
  const least = width < PHONE_PX ? NARROW_TILE_PX : WIDE_TILE_PX;
  const columns = Math.max(1, Math.floor((width - gap) / (least + gap)));
  return { columns, tile: Math.max(0, Math.floor((width - gap * (columns + 1)) / columns)) };
}
