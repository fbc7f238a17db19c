import { ProgressBar } from "react-aria-components";
import { ScoreBar } from "./score";

interface Props {
  /** What makes progress, for screen readers. */
  label: string;
  done: number;
  of: number;
}

/** How much of something is done, as a bar. */
export function Progress({ label, done, of }: Props) {
  return (
    <ProgressBar aria-label={label} value={done} maxValue={of || 1}>
      {({ percentage = 0 }) => <ScoreBar value={percentage / 100} />}
    </ProgressBar>
  );
}
