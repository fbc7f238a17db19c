import { Link } from "react-router";
import { ScoreBar } from "../parts/score";
import styles from "./overview.module.css";

interface Props {
  /** What was counted, the most frequent first. */
  entries: [string, number][];
  nameOf?(key: string): string;
  /** The address of the images that were counted. */
  addressOf(key: string): string;
}

/** What was counted, with bars to compare, each one click away from its images. */
export function BarList({ entries, nameOf = (key) => key, addressOf }: Props) {
  const greatest = Math.max(...entries.map(([, images]) => images));
  return (
    <ul className={styles.bars}>
      {entries.map(([key, images]) => (
        <li key={key}>
          <Link to={addressOf(key)}>{nameOf(key)}</Link>
          <span>{images.toLocaleString()}</span>
          <ScoreBar value={images / greatest} />
        </li>
      ))}
    </ul>
  );
}
