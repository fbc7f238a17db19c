import { useState } from "react";
import type { Choice, LetterAction, LetterFilter } from "../api/letters";
import { counted } from "../parts/counted";
import { Problem } from "../parts/problem";
import { ActionButton } from "./action-button";
import { filterText } from "./filter";
import styles from "./letters.module.css";
import { sentencesOf } from "./words";

const ACTIONS: readonly LetterAction[] = ["replay", "dismiss"];

interface Props {
  filter: LetterFilter;
  /** Those that were chosen; all that match, if none was. */
  chosen: readonly string[];
  isEmpty: boolean;
}

/** What can be done with the letters that were chosen, or with all that match; and what became of the last ones. */
export function ActionBar({ filter, chosen, isEmpty }: Props) {
  const [remark, setRemark] = useState("");
  const [error, setError] = useState<Error | null>(null);
  const choice: Choice = chosen.length ? { ids: chosen } : { filter };
  const subject = chosen.length ? counted(chosen.length, "dead letter") : filterText(filter);
  return (
    <div className={styles.actions}>
      <span className={styles.subject}>
        {chosen.length ? `${chosen.length.toLocaleString()} chosen` : "None chosen"}
      </span>
      {ACTIONS.map((action) => (
        <ActionButton
          key={action}
          action={action}
          choice={choice}
          subject={subject}
          isDisabled={isEmpty}
          onDone={(done) => {
            setError(null);
            setRemark(sentencesOf(action, done));
          }}
          onError={(problem) => {
            setRemark("");
            setError(problem);
          }}
        >
          {chosen.length ? "chosen" : "all that match"}
        </ActionButton>
      ))}
      <p role="status" className={styles.remark}>
        {remark}
      </p>
      {error && <Problem error={error} />}
    </div>
  );
}
