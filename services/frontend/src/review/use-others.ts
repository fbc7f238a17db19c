import type { Dispatch } from "react";
import { fileName } from "../api/entries";
import { useStream } from "../api/use-stream";
import { notify } from "../shell/notices";
import type { ReviewFilter } from "./filter";
import { type Action, type Queue, reduce } from "./queue";

/** What others review meanwhile need not be looked at. */
export function useOthers(filter: ReviewFilter, queue: Queue, dispatch: Dispatch<Action>, onMissed: () => void): void {
  const { container, prefix } = filter;
  useStream(
    { ...(container && { container }), ...(prefix && { prefix }), reviewed: "true" },
    (results) => {
      const action: Action = { type: "reviewed", results };
      const [current, next] = [queue.waiting[0], reduce(queue, action).waiting[0]];
      if (current && current !== next) {
        notify(`Somebody else has just reviewed ${fileName(current.image.image.blob)}.`);
      }
      dispatch(action);
    },
    onMissed,
  );
}
