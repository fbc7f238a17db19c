import { useId } from "react";
import { Link } from "react-router";
import type { Letter } from "../api/letters";
import { counted } from "../parts/counted";
import { Time } from "../parts/time";
import styles from "./letters.module.css";

interface Props {
  letter: Letter;
  isMarked: boolean;
  onMark(): void;
}

/** A dead letter in the list: why it is one, and the way to what it says. */
export function LetterRow({ letter: { id, source, reason, at, images }, isMarked, onMark }: Props) {
  const title = useId();
  return (
    <div className={styles.row}>
      <input type="checkbox" aria-labelledby={title} checked={isMarked} onChange={onMark} />
      <Link to={`/dead-letters/${id}`} className={styles.letter}>
        <span id={title} className={styles.reason}>
          {reason}
        </span>
        <span className={styles.about}>
          {source}
          {at && (
            <>
              , <Time at={at} />
            </>
          )}
          {images.length > 0 && `, names ${counted(images.length, "image")}`}
        </span>
      </Link>
    </div>
  );
}
