import styles from "./parts.module.css";

const PERCENT = 100;

/** A probability as people read it: 93 %, and neither 0 nor 100 % unless it is. */
export function percent(probability: number): string {
  const whole = Math.round(probability * PERCENT);
  if (whole === PERCENT && probability < 1) return "> 99 %";
  if (whole === 0 && probability > 0) return "< 1 %";
  return `${whole} %`;
}

/** A probability as a bar. The number stands beside it, so it says nothing to screen readers. */
export function ScoreBar({ value }: { value: number }) {
  return (
    <span className={styles.bar} aria-hidden>
      <span style={{ width: `${value * PERCENT}%` }} />
    </span>
  );
}
