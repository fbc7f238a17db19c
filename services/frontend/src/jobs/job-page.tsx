import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { Link, useNavigate, useParams } from "react-router";
import { useMay } from "../access/gate";
import { type Job, jobQuery } from "../api/jobs";
import { ApiProblem, NOT_FOUND } from "../api/problem";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import { useKey } from "../parts/use-key";
import { Actions } from "./actions";
import { CountsList } from "./counts-list";
import { Failures } from "./failures";
import { JobProgress } from "./job-progress";
import styles from "./jobs.module.css";
import { Settings } from "./settings";
import { StateBadge } from "./state-badge";
import { useFollowing } from "./use-following";
import { inputText } from "./words";

const LIST = "/jobs";

/** One batch job: how far it has come, what it was asked to do, and which images have failed. */
export function JobPage() {
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const { data: job, error, refetch } = useQuery(jobQuery(id));
  useFollowing();
  useKey("Escape", () => void navigate(LIST));
  return (
    <article className={styles.page} key={id}>
      <Link to={LIST} className={styles.back}>
        <ArrowLeft size={16} aria-hidden /> Jobs
      </Link>
      {error && <NoJob error={error} retry={refetch} />}
      {job && <Content job={job} />}
    </article>
  );
}

function Content({ job }: { job: Job }) {
  const may = useMay("operate");
  return (
    <>
      <header className={styles.heading}>
        <Title text={inputText(job.input)} />
        <span role="status">
          <StateBadge state={job.state} />
        </span>
      </header>
      {job.reason && <p className={styles.reason}>It failed: {job.reason}</p>}
      <JobProgress job={job} />
      <CountsList job={job} />
      {may && <Actions job={job} />}
      <Settings job={job} />
      {job.counts.failed > 0 && <Failures job={job} />}
    </>
  );
}

function NoJob({ error, retry }: { error: Error; retry(): unknown }) {
  const isUnknown = error instanceof ApiProblem && [NOT_FOUND, 422].includes(error.status);
  if (!isUnknown) return <Problem error={error} retry={retry} />;
  return (
    <Message title="There is no such job">
      <Link to={LIST}>Show all jobs</Link>
    </Message>
  );
}
