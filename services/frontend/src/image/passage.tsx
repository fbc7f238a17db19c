import type { Result } from "../api/entries";
import styles from "./image.module.css";

interface Stage {
  name: string;
  ms: number;
}

/** Where the time went, from upload to the archive. What is not a stage's own is waiting in between. */
export function stagesOf(result: Result): Stage[] {
  const { queued, fetch, decode, inference } = result.timings_ms;
  const stages = [
    { name: "queued", ms: queued },
    { name: "fetch", ms: fetch },
    { name: "decode", ms: decode },
    { name: "inference", ms: inference },
  ];
  if (result.stored_at) {
    const stored = Date.parse(result.stored_at) - Date.parse(result.completed_at);
    stages.push({ name: "store", ms: Math.max(0, stored) });
  }
  return stages;
}

/** The stages as a timeline, each as wide as it took, but never so narrow that it cannot be seen. */
export function Passage({ result }: { result: Result }) {
  const stages = stagesOf(result);
  return (
    <div className={styles.passage}>
      <div className={styles.timeline} aria-hidden>
        {stages.map(({ name, ms }) => (
          <span key={name} data-stage={name} style={{ flexGrow: Math.max(ms, 0.01) }} />
        ))}
      </div>
      <dl className={styles.stages}>
        {stages.map(({ name, ms }) => (
          <div key={name}>
            <dt data-stage={name}>{name}</dt>
            <dd>{milliseconds(ms)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms).toLocaleString()} ms`;
}
