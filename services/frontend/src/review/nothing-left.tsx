import { Button } from "../parts/button";
import { Message } from "../parts/message";
import type { ReviewFilter } from "./filter";
import type { Queue } from "./queue";

interface Props {
  filter: ReviewFilter;
  queue: Queue;
  onAgain(): void;
  onUndo(): void;
}

/** What is shown when no image waits. */
export function NothingLeft({ filter, queue, onAgain, onUndo }: Props) {
  const skipped = queue.done.filter((step) => step.label === null).length;
  const which = Object.keys(filter).length > 0 ? "No image that matches the filter" : "No image";
  return (
    <Message title="Everything is reviewed">
      <p>
        {which} waits for a review, unless somebody is looking at it just now.
        {skipped > 0 && ` You have skipped ${skipped.toLocaleString()}.`} New ones appear here by themselves.
      </p>
      <Button kind="primary" onPress={onAgain}>
        Look again
      </Button>
      {queue.done.length > 0 && <Button onPress={onUndo}>Undo the last step</Button>}
    </Message>
  );
}
