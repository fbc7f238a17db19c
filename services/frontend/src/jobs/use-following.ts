import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent } from "react";
import { JOBS, showJob } from "../api/jobs";
import { useStream } from "../api/use-stream";

/** Jobs are told of whatever images are followed, and no image is like that: who looks at jobs needs none. */
const NO_IMAGES = { min_score: "1", max_score: "0" };

/** Show what becomes of jobs as it happens. Tells whether the connection stands. */
export function useFollowing(): boolean {
  const client = useQueryClient();
  const refresh = () => void client.invalidateQueries({ queryKey: [JOBS] });
  const isLive = useStream(
    NO_IMAGES,
    () => {},
    refresh,
    (job) => showJob(client, job),
  );
  const begun = useEffectEvent(refresh);
  // What happened after the first answer and before the connection stood, nobody told.
  useEffect(() => {
    if (isLive) begun();
  }, [isLive]);
  return isLive;
}
