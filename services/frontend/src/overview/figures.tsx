import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type CountFilter, total } from "../api/counts";
import { share } from "./counting";
import styles from "./overview.module.css";
import { currentCountsQuery, pipelineQuery, throughputQuery } from "./queries";
import { lastDay, rateNow, rounded } from "./rates";

/** What stands where an answer is missing. What went wrong, the part of the page says that shows the whole answer. */
const UNKNOWN = "–";

/** The state of things at a glance. */
export function Figures({ filter }: { filter: CountFilter }) {
  const { data: counts } = useQuery(currentCountsQuery(filter));
  const { data: throughput, dataUpdatedAt: at } = useQuery(throughputQuery(filter));
  const { data: pipeline } = useQuery(pipelineQuery());
  const { classified = 0, rejected = 0 } = counts?.outcomes ?? {};
  const reviewed = total(counts?.reviews ?? {});
  const now = throughput && rateNow(lastDay(throughput, at), at);
  const waiting = pipeline && (pipeline.outstanding ? pipeline.outstanding.toLocaleString() : "None");
  return (
    <dl className={styles.figures}>
      <Figure name="Images in all" value={counts && total(counts.outcomes).toLocaleString()}>
        {classified.toLocaleString()} classified
      </Figure>
      <Figure name="Images per minute now" value={now && rounded(now.perMinute)}>
        over the last {now?.minutes} minutes
      </Figure>
      <Figure name="On their way" value={waiting}>
        {pipeline?.outstanding ? "announced, no outcome yet" : "every announced image has its outcome"}
      </Figure>
      <Figure name="Rejected" value={counts && share(rejected, classified + rejected)}>
        {rejected.toLocaleString()} of {(classified + rejected).toLocaleString()} answered
      </Figure>
      <Figure name="Reviewed" value={counts && share(reviewed, classified)}>
        {reviewed.toLocaleString()} of {classified.toLocaleString()} classified
      </Figure>
    </dl>
  );
}

interface Props {
  name: string;
  value: string | undefined;
  /** What it is a figure of. */
  children: ReactNode;
}

function Figure({ name, value, children }: Props) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd>{value ?? UNKNOWN}</dd>
      {value !== undefined && <dd className={styles.note}>{children}</dd>}
    </div>
  );
}
