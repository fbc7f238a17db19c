import { useQueryClient } from "@tanstack/react-query";
import { type Dispatch, useRef } from "react";
import { COUNTS } from "../api/counts";
import { fileName } from "../api/entries";
import { imageQuery, useSay } from "../api/images";
import { ApiProblem, CONFLICT, NOT_FOUND, sentence } from "../api/problem";
import { notify } from "../shell/notices";
import { type Action, type Candidate, type Queue, versionOf } from "./queue";

interface Answers {
  /** Say what the image shows that is looked at. */
  answer(label: string): void;
  skip(): void;
  /** Take back the latest step. */
  undo(): void;
}

/** What a person does with a queue. The next image does not wait until the archive knows. */
export function useAnswers(queue: Queue, dispatch: Dispatch<Action>): Answers {
  const client = useQueryClient();
  const { mutateAsync: say } = useSay();
  const underway = useRef(new Map<string, Promise<boolean>>());
  const current = queue.waiting[0];

  /** One after the other for the same image, or the one that was meant to be the last might not be. */
  function tell({ image: result }: Candidate, label: string | null, onError: (error: unknown) => void): void {
    const version = versionOf(result);
    const told = (underway.current.get(version) ?? Promise.resolve(true)).then(async (before) => {
      if (label === null && !before) return false; // what was not accepted need not be taken back
      try {
        await say({ name: result.image, etag: result.image.etag, label, keepalive: true });
        return true;
      } catch (error) {
        onError(error);
        return false;
      } finally {
        void client.invalidateQueries({ queryKey: [COUNTS] });
      }
    });
    underway.current.set(version, told);
  }

  async function putBack(candidate: Candidate, error: unknown): Promise<void> {
    notify(`${fileName(candidate.image.image.blob)} is not reviewed. ${sentence(error)}`);
    const instead = hasChanged(error) ? await asItIsNow(candidate) : candidate;
    dispatch({ type: "failed", candidate, instead });
  }

  /** Another version of the image, unless nobody needs to look at that. */
  async function asItIsNow(candidate: Candidate): Promise<Candidate | null> {
    try {
      const image = await client.fetchQuery({ ...imageQuery(candidate.image.image), staleTime: 0 });
      const isWaiting = image.outcome === "classified" && !image.review;
      return isWaiting ? { image, usefulness: image.uncertainty ?? 0, disagreement: null } : null;
    } catch {
      return null;
    }
  }

  return {
    answer(label) {
      if (!current) return;
      dispatch({ type: "answered", candidate: current, label });
      tell(current, label, (error) => void putBack(current, error));
    },
    skip() {
      if (current) dispatch({ type: "skipped", candidate: current });
    },
    undo() {
      const step = queue.done.at(-1);
      if (!step) return;
      dispatch({ type: "undone" });
      if (step.label === null) return;
      const { image: ref, review } = step.candidate.image;
      tell(step.candidate, review?.label ?? null, (error) =>
        notify(`The review of ${fileName(ref.blob)} still stands. ${sentence(error)}`),
      );
    },
  };
}

function hasChanged(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === CONFLICT || error.status === NOT_FOUND);
}
