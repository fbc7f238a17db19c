import type { Result } from "../api/entries";
import { percent, ScoreBar } from "../parts/score";
import styles from "./image.module.css";

/** The most probable labels, best first, with bars. */
export function Predictions({ predictions }: Pick<Result, "predictions">) {
  return (
    <ol className={styles.predictions} aria-label="Most probable labels">
      {predictions.map(({ label, score }) => (
        <li key={label}>
          <span>{label}</span>
          <span>{percent(score)}</span>
          <ScoreBar value={score} />
        </li>
      ))}
    </ol>
  );
}
