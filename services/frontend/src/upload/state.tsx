import type { Entry } from "../api/entries";
import { Progress } from "../parts/progress";
import { percent } from "../parts/score";
import { readableSize } from "../parts/size";
import type { Upload } from "./upload";
import styles from "./upload.module.css";

/** How far an upload is, in words or as a bar. */
export function State({ upload: { blob, file, phase } }: { upload: Upload }) {
  switch (phase.is) {
    case "queued":
      return <span className={styles.state}>Waits for its turn, {readableSize(file.size)}</span>;
    case "sending":
      return (
        <span className={styles.sending}>
          <Progress label={`Upload of ${blob}`} done={phase.sent} of={file.size} />
          <span className={styles.state}>
            {readableSize(phase.sent)} of {readableSize(file.size)}
          </span>
        </span>
      );
    case "delayed":
      return <span className={styles.state}>Tries again by itself. {phase.reason}</span>;
    case "failed":
      return <span className={styles.bad}>{phase.reason}</span>;
    case "cancelled":
      return <span className={styles.state}>Cancelled</span>;
    case "stored":
      return <span className={styles.state}>Uploaded, waiting for the answer…</span>;
    case "answered":
      return (
        <span className={styles.answer}>
          {phase.isReplaced && <span className={styles.state}>Replaced since by: </span>}
          <Verdict entry={phase.entry} detail={phase.detail} />
        </span>
      );
  }
}

/** What became of a picture. */
function Verdict({ entry, detail }: { entry: Entry; detail: string | null }) {
  const { outcome, label, score, reason } = entry;
  switch (outcome) {
    case "classified":
      return (
        <>
          <strong>{label}</strong> {score !== null && <span className={styles.state}>{percent(score)}</span>}
        </>
      );
    case "rejected":
      return (
        <span className={styles.bad}>
          Rejected: {reason?.replaceAll("_", " ")}
          {detail && `, ${detail}`}
        </span>
      );
    case "superseded":
      return <span className={styles.state}>Replaced before it was read</span>;
    case "deleted":
      return <span className={styles.state}>Deleted</span>;
  }
}
