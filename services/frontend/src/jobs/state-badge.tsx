import type { State } from "../api/job-pages";
import styles from "./jobs.module.css";

/** Where a job stands. */
export function StateBadge({ state }: { state: State }) {
  return (
    <span className={styles.state} data-state={state}>
      {state}
    </span>
  );
}
