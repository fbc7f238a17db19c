import { Link } from "react-router";
import type { Job } from "../api/jobs";
import { Time } from "../parts/time";
import { JobProgress } from "./job-progress";
import styles from "./jobs.module.css";
import { StateBadge } from "./state-badge";
import { inputText } from "./words";

/** A job in the list. */
export function JobRow({ job }: { job: Job }) {
  return (
    <li className={styles.card}>
      <div className={styles.title}>
        <StateBadge state={job.state} />
        <Link to={`/jobs/${job.id}`}>{inputText(job.input)}</Link>
      </div>
      <JobProgress job={job} />
      <p className={styles.about}>
        {job.model}, submitted by {job.submitted_by}, <Time at={job.submitted_at} />
      </p>
    </li>
  );
}
