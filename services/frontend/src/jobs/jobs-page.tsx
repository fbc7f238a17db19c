import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useSearchParams } from "react-router";
import { useMay } from "../access/gate";
import { STATES, type State } from "../api/job-pages";
import { jobsQuery } from "../api/jobs";
import { Button, ButtonLink } from "../parts/button";
import { SelectField } from "../parts/field";
import { Message } from "../parts/message";
import { Problem } from "../parts/problem";
import { Title } from "../parts/title";
import { JobRow } from "./job-row";
import styles from "./jobs.module.css";
import { useFollowing } from "./use-following";

/** Batch jobs, the newest first, as they go on. */
export function JobsPage() {
  const [address, setAddress] = useSearchParams();
  const may = useMay("operate");
  const state = STATES.find((one) => one === address.get("state")) ?? null;
  useFollowing();
  return (
    <div className={styles.page}>
      <header className={styles.heading}>
        <Title text="Jobs" />
        <SelectField
          label="State"
          value={state ?? ""}
          choices={[{ value: "", name: "any" }, ...STATES.map((value) => ({ value, name: value }))]}
          onChange={(chosen) => setAddress(chosen ? { state: chosen } : {})}
        />
        {may && (
          <ButtonLink to="/jobs/new" kind="primary">
            <Plus size={16} aria-hidden /> New job
          </ButtonLink>
        )}
      </header>
      <JobList state={state} onClear={() => setAddress({})} />
    </div>
  );
}

function JobList({ state, onClear }: { state: State | null; onClear(): void }) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(jobsQuery(state));
  const jobs = data?.pages.flatMap((page) => page.jobs);
  return (
    <>
      {error && <Problem error={error} retry={refetch} />}
      {jobs?.length === 0 && <Nothing state={state} onClear={onClear} />}
      {jobs && jobs.length > 0 && (
        <ul aria-label="Batch jobs" className={styles.cards}>
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </ul>
      )}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          Show older jobs
        </Button>
      )}
    </>
  );
}

function Nothing({ state, onClear }: { state: State | null; onClear(): void }) {
  if (state) {
    return (
      <Message title={`No job is ${state}`}>
        <Button onPress={onClear}>Show all jobs</Button>
      </Message>
    );
  }
  return (
    <Message title="There are no batch jobs yet">
      <p>A job classifies many images that are in the container already. New images need none.</p>
    </Message>
  );
}
