import { Pause, Play, RotateCw, X } from "lucide-react";
import { useNavigate } from "react-router";
import { isActive } from "../api/job-pages";
import { type Job, useJobAction } from "../api/jobs";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm-button";
import { counted } from "../parts/counted";
import { Problem } from "../parts/problem";
import { notify } from "../shell/notices";
import styles from "./jobs.module.css";

/** What can be done with a job as it stands. */
export function Actions({ job }: { job: Job }) {
  const navigate = useNavigate();
  const { mutate, isPending, error } = useJobAction(job.id);
  const isPaused = job.state === "paused";

  function retry() {
    mutate("retry", {
      onSuccess: (made) => {
        notify("This job tries the failures again.");
        void navigate(`/jobs/${made.id}`);
      },
    });
  }

  return (
    <div className={styles.actions}>
      {isActive(job) && (
        <>
          <Button isPending={isPending} onPress={() => mutate(isPaused ? "resume" : "pause")}>
            {isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
            {isPaused ? "Resume" : "Pause"}
          </Button>
          <ConfirmButton
            isPending={isPending}
            question="Cancel this job?"
            meaning="It ends for good. The answers that it has brought stay."
            action="Cancel the job"
            onConfirm={() => mutate("cancel")}
          >
            <X size={16} aria-hidden /> Cancel
          </ConfirmButton>
        </>
      )}
      {!isActive(job) && job.counts.failed > 0 && (
        <Button isPending={isPending} onPress={retry}>
          <RotateCw size={16} aria-hidden /> Try {counted(job.counts.failed, "failure")} again
        </Button>
      )}
      {error && <Problem error={error} />}
    </div>
  );
}
