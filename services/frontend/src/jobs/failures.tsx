import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { Link } from "react-router";
import { countsQuery } from "../api/counts";
import { fileName, pageOf } from "../api/entries";
import { writeFilter } from "../api/filter";
import { failuresQuery, type Job } from "../api/jobs";
import { EndlessList } from "../parts/endless-list";
import { Problem } from "../parts/problem";
import styles from "./jobs.module.css";
import { reasonText } from "./words";

const ROW_PX = 66;

/** The images of a job that have no answer, and why. Those of a part of the input are known when all of the part has ended. */
export function Failures({ job }: { job: Job }) {
  const client = useQueryClient();
  const question = failuresQuery(job.id);
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(question);
  const failures = useMemo(() => data?.pages.flatMap((page) => page.failures) ?? [], [data]);
  const container = useContainer();
  // biome-ignore lint/correctness/useExhaustiveDependencies: there may be more failures when their number or the state has changed
  useEffect(
    () => void client.invalidateQueries({ queryKey: question.queryKey }),
    [client, job.counts.failed, job.state],
  );
  return (
    <section className={styles.failures}>
      <h2>Failures</h2>
      {error && <Problem error={error} retry={refetch} />}
      {data && failures.length === 0 && (
        <p className={styles.about}>They are listed when their part of the input has ended.</p>
      )}
      {failures.length > 0 && (
        <EndlessList
          label="Failures"
          items={failures}
          keyOf={({ blob }) => blob}
          rowPx={ROW_PX}
          className={styles.list}
          {...(hasNextPage && { onEnd: () => !isFetchingNextPage && void fetchNextPage() })}
        >
          {({ blob, reason, detail }) => (
            <div className={styles.failure}>
              <Link to={container ? pageOf({ container, blob }) : `/?${writeFilter({ prefix: blob })}`} title={blob}>
                {fileName(blob)} <small>{blob.slice(0, -fileName(blob).length)}</small>
              </Link>
              <p>
                {reasonText(reason)}
                {detail && `: ${detail}`}
              </p>
            </div>
          )}
        </EndlessList>
      )}
    </section>
  );
}

/** The container of the images, if the archive has one alone. A job does not say of which its names are. */
function useContainer(): string | null {
  const { data } = useQuery(countsQuery({}));
  const [container, ...others] = Object.keys(data?.containers ?? {});
  return container !== undefined && others.length === 0 ? container : null;
}
