import { Link } from "react-router";
import type { Job } from "../api/jobs";
import { counted } from "../parts/counted";
import { type Fact, FactList } from "../parts/fact-list";
import { Time } from "../parts/time";
import styles from "./jobs.module.css";
import { thresholdText } from "./words";

/** What a job was asked to do, by whom and when. */
export function Settings({ job }: { job: Job }) {
  const { input, output } = job;
  const facts: Fact[] = [
    ["Model", job.model],
    ["In one message", counted(job.mini_batch_size, "image")],
    ["Failures", thresholdText(job.error_threshold)],
    ["Tries again", counted(job.max_retries, "time")],
    ["Answered images", job.again ? "are classified again" : "are skipped"],
    ["Embeddings", job.from_embeddings ? "are enough where they fit" : "are made anew"],
    ["Output", output ? `${output.name} (${output.format})` : "none"],
    ["Submitted by", job.submitted_by],
    ["Submitted", <Time key="submitted" at={job.submitted_at} />],
  ];
  if (job.started_at) facts.push(["Started", <Time key="started" at={job.started_at} />]);
  if (job.ended_at) facts.push(["Ended", <Time key="ended" at={job.ended_at} />]);
  if (input.kind === "names" && input.retries) {
    facts.push([
      "Tries failures of",
      <Link key="retries" to={`/jobs/${input.retries}`}>
        {input.retries}
      </Link>,
    ]);
  }
  facts.push(["Id", job.id]);
  return (
    <section className={styles.settings}>
      <h2>Settings</h2>
      <FactList facts={facts} />
    </section>
  );
}
