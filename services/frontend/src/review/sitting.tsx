import { useQuery } from "@tanstack/react-query";
import { countsQuery, total } from "../api/counts";
import { Progress } from "../parts/progress";
import type { Queue } from "./queue";
import styles from "./review.module.css";

/** How much was reviewed: by this person since the page was opened, and of the whole archive. */
export function Sitting({ queue }: { queue: Queue }) {
  const { data: counts } = useQuery(countsQuery({}));
  const own = queue.done.filter((step) => step.label !== null).length;
  const classified = counts?.outcomes.classified ?? 0;
  const reviewed = total(counts?.reviews ?? {});
  return (
    <div className={styles.sitting}>
      <p>
        <span>
          <strong>{own.toLocaleString()}</strong> reviewed in this sitting
        </span>
        {counts && (
          <span>
            {reviewed.toLocaleString()} of {classified.toLocaleString()} in all
          </span>
        )}
      </p>
      <Progress label="Reviewed images" done={reviewed} of={classified} />
    </div>
  );
}
