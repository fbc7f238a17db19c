import type { Result } from "../api/entries";
import parts from "../parts/parts.module.css";
import { percent, ScoreBar } from "../parts/score";
import { CommandButton } from "./command-button";
import styles from "./review.module.css";

interface Props extends Pick<Result, "predictions"> {
  onChoose(place: number): void;
}

/** The most probable labels, each a button: the first confirms the model's answer, the others correct it. */
export function Choices({ predictions, onChoose }: Props) {
  return (
    <ol className={styles.choices} aria-label="Most probable labels">
      {predictions.map(({ label, score }, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the focus stays at its place when the next image has other labels
        <li key={place}>
          <CommandButton
            kind={place === 0 ? "primary" : "plain"}
            hint={place === 0 ? "Enter" : String(place + 1)}
            onPress={() => onChoose(place)}
          >
            <span className={styles.choice} data-first={place === 0}>
              <span>
                <span className={parts.hidden}>{place === 0 ? "Confirm" : "Correct to"} </span>
                {label}
              </span>
              <span>{percent(score)}</span>
              <ScoreBar value={score} />
            </span>
          </CommandButton>
        </li>
      ))}
    </ol>
  );
}
