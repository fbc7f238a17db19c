import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { isNewestFirst, type ListQuery, writeFilter } from "../api/filter";
import { Button } from "../parts/button";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import styles from "./archive.module.css";
import { Gallery } from "./gallery";
import { recall, remember, rememberAround } from "./remembered";
import { SelectionBar } from "./selection-bar";
import { useArrivals } from "./use-arrivals";
import { usePages } from "./use-pages";
import { useSelection } from "./use-selection";

/** How many images before and after those in sight one can go through from an image's page. */
const AROUND = 150;
const BEGINNING = { first: 0, last: 60, offset: 0 };

interface Props {
  filter: ListQuery;
  /** Ask for the list anew. */
  onRestart(): void;
  onChange(filter: ListQuery): void;
}

/** A list of images, with those that arrive while one looks at it. */
export function ArchiveList({ filter, onRestart, onChange }: Props) {
  const client = useQueryClient();
  const [begun] = useState(() => recall(client, filter));
  const [range, setRange] = useState({ ...BEGINNING, offset: begun.offset });
  const arrivals = useArrivals(filter, range.offset === 0, begun.offset > 0);
  const above = arrivals.shown.length;
  const pages = usePages(filter, range.first - above, range.last - above, begun.extent);
  const selecting = useSelection();
  const scrollToTop = useRef<(() => void) | null>(null);

  const onRange = useCallback((first: number, last: number, offset: number) => {
    setRange((known) =>
      known.first === first && known.last === last && known.offset === offset ? known : { first, last, offset },
    );
  }, []);
  const at = useCallback(
    (place: number) => (place < above ? arrivals.shown[place] : pages.at(place - above)),
    [above, arrivals.shown, pages.at],
  );

  const latest = useRef({ at, range, above, extent: pages.extent });
  latest.current = { at, range, above, extent: pages.extent };
  // Before the page that comes is drawn, which may ask for it at once.
  useLayoutEffect(
    () => () => {
      const { at, range, above, extent } = latest.current;
      const places = Array.from(
        { length: 2 * AROUND + range.last - range.first },
        (_, step) => range.first - AROUND + step,
      );
      rememberAround(places.map(at).filter((entry) => entry !== undefined));
      // What had arrived above is a part of the list when one comes back, at another place.
      if (above === 0) remember(filter, { extent, offset: range.offset });
    },
    [filter],
  );

  function showNew() {
    if (arrivals.isBehind || !isNewestFirst(filter)) onRestart();
    else {
      arrivals.release();
      scrollToTop.current?.();
    }
  }

  const count = above + pages.count;
  if (pages.error && count === 0) return <Problem error={pages.error} retry={pages.retry} />;
  const isEmpty = count === 0 && pages.isComplete;
  return (
    <div className={styles.list}>
      {(arrivals.held > 0 || arrivals.isBehind) && (
        <div className={styles.pill} role="status">
          <Button kind="primary" onPress={showNew}>
            {arrivals.isBehind ? "Show the newest" : `${arrivals.held.toLocaleString()} new`}
          </Button>
        </div>
      )}
      {isEmpty ? (
        <Nothing filter={filter} onClear={() => onChange({})} />
      ) : (
        <Gallery
          count={count}
          isComplete={pages.isComplete}
          at={at}
          selecting={selecting}
          initialOffset={begun.offset}
          onRange={onRange}
          scrollToTop={scrollToTop}
        />
      )}
      {pages.error !== null && <Problem error={pages.error} retry={pages.retry} />}
      <SelectionBar selecting={selecting} />
      <span className={styles.live} data-live={arrivals.isLive}>
        {arrivals.isLive ? "Live" : "Not live: connecting again"}
      </span>
    </div>
  );
}

function Nothing({ filter, onClear }: { filter: ListQuery; onClear(): void }) {
  if (String(writeFilter(filter)) === "") {
    return (
      <Message title="There are no images yet">
        <p>Drop some into the container, and they appear here as soon as they are classified.</p>
        <Link to="/upload">Upload pictures</Link>
      </Message>
    );
  }
  return (
    <Message title="No image is like that">
      <p>None matches everything that is chosen above.</p>
      <Button onPress={onClear}>Show all images</Button>
    </Message>
  );
}
