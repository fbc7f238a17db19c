import type { Release } from "../api/models";
import { Time } from "../parts/time";
import styles from "./models.module.css";

/** What was changed of a release, the latest first. */
export function Changes({ release }: { release: Release }) {
  return (
    <section className={styles.section}>
      <h2>Changes</h2>
      <ol className={styles.changes} aria-label="Changes">
        {release.changes.toReversed().map((change) => (
          <li key={`${change.at} ${change.detail}`} className={styles.change}>
            <p>{change.detail}</p>
            <p className={styles.about}>
              “{change.why}”, {change.by}, <Time at={change.at} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}
