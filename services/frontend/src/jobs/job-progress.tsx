import type { Job } from "../api/jobs";
import { Progress } from "../parts/progress";
import { Time } from "../parts/time";
import styles from "./jobs.module.css";
import { endedOf, inputText, progressText } from "./words";

/** How far a job has come, as a bar and in words. */
export function JobProgress({ job }: { job: Job }) {
  return (
    <div className={styles.progress}>
      <Progress label={inputText(job.input)} done={job.total ? endedOf(job.counts) : 0} of={job.total ?? 0} />
      <p>
        {progressText(job)}
        {job.estimated_end && (
          <>
            {" "}
            · ends about <Time at={job.estimated_end} />
          </>
        )}
      </p>
    </div>
  );
}
