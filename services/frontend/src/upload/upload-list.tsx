import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useRef } from "react";
import type { Upload } from "./upload";
import styles from "./upload.module.css";
import { UploadRow } from "./upload-row";

const ROW_PX = 65;
const OVERSCAN_ROWS = 8;

/** Uploads, of which only the rows in sight exist. */
export function UploadList({ uploads }: { uploads: readonly Upload[] }) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: uploads.length,
    getScrollElement: () => frame.current,
    getItemKey: useCallback((place: number) => uploads[place]?.id ?? place, [uploads]),
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it can be scrolled where no row takes the focus
    <section ref={frame} aria-label="Uploads" tabIndex={0} className={styles.frame}>
      <ul className={styles.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const upload = uploads[row.index];
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              aria-setsize={uploads.length}
              aria-posinset={row.index + 1}
              className={styles.item}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {upload && <UploadRow upload={upload} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
