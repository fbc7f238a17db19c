import { sentence } from "../api/problem";
import { Button } from "./button";
import styles from "./parts.module.css";

/** Something went wrong: a sentence that says what to do, and a way to try again where that makes sense. */
export function Problem({ error, retry }: { error: unknown; retry?: () => unknown }) {
  return (
    <div role="alert" className={styles.problem}>
      <p>{sentence(error)}</p>
      {retry && <Button onPress={() => void retry()}>Try again</Button>}
    </div>
  );
}
