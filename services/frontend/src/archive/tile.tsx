import { Check, MessageSquareText } from "lucide-react";
import type { MouseEvent, Ref } from "react";
import { Link } from "react-router";
import { type Entry, fileName, pageOf } from "../api/entries";
import parts from "../parts/parts.module.css";
import { percent } from "../parts/score";
import { Thumbnail } from "../parts/thumbnail";
import styles from "./gallery.module.css";

interface Props {
  entry: Entry;
  place: number;
  isCurrent: boolean;
  isSelected: boolean;
  onSelect(isRange: boolean): void;
  onFocus(): void;
  linkRef: Ref<HTMLAnchorElement> | null;
}

/** An image in the gallery: its thumbnail, and under it what was found on it. */
export function Tile({ entry, place, isCurrent, isSelected, onSelect, onFocus, linkRef }: Props) {
  function clicked(event: MouseEvent) {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    onSelect(event.shiftKey);
  }

  return (
    <>
      <Link
        to={pageOf(entry)}
        ref={linkRef}
        tabIndex={isCurrent ? 0 : -1}
        className={styles.link}
        data-place={place}
        title={entry.blob}
        onClick={clicked}
        onFocus={onFocus}
      >
        <span className={styles.picture}>
          <Thumbnail name={entry} version={entry.etag} />
        </span>
        <span className={styles.caption}>
          <span className={styles.label} data-outcome={entry.outcome}>
            {entry.reviewed !== null && (
              <>
                <MessageSquareText size={13} aria-hidden className={styles.reviewed ?? ""} />
                <span className={parts.hidden}>Reviewed as </span>
              </>
            )}
            {entry.reviewed ?? entry.label ?? entry.reason?.replaceAll("_", " ") ?? entry.outcome}
          </span>
          {entry.score !== null && <span className={styles.score}>{percent(entry.score)}</span>}
          <span className={parts.hidden}>{fileName(entry.blob)}</span>
        </span>
      </Link>
      <button
        type="button"
        tabIndex={-1}
        className={styles.check}
        aria-label={`${isSelected ? "Deselect" : "Select"} ${fileName(entry.blob)}`}
        aria-pressed={isSelected}
        onClick={(event) => onSelect(event.shiftKey)}
      >
        <Check size={14} />
      </button>
    </>
  );
}
