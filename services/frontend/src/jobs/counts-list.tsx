import { Link } from "react-router";
import type { Job } from "../api/jobs";
import { answersAddress } from "./answers";
import styles from "./jobs.module.css";

const MEANINGS = {
  classified: "have an answer that this job asked for, or a later one",
  skipped: "had an answer of this model already",
  failed: "have no answer",
  gone: "were deleted or replaced before their turn",
};

/** How many images have come to which end, with the way to those that the archive can show. */
export function CountsList({ job }: { job: Job }) {
  return (
    <dl className={styles.counts}>
      {(Object.keys(MEANINGS) as (keyof typeof MEANINGS)[]).map((end) => (
        <div key={end}>
          <dt>{end}</dt>
          <dd>
            <Count job={job} end={end} />
          </dd>
          <dd className={styles.about}>{MEANINGS[end]}</dd>
        </div>
      ))}
    </dl>
  );
}

function Count({ job, end }: { job: Job; end: keyof typeof MEANINGS }) {
  const count = job.counts[end];
  const address = count > 0 && (end === "classified" || end === "skipped") ? answersAddress(job, end) : null;
  if (!address) return count.toLocaleString();
  return (
    <Link to={address} aria-label={`${count.toLocaleString()} ${end}: show them in the archive`}>
      {count.toLocaleString()}
    </Link>
  );
}
