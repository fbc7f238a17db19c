/** Where the archive shows the images of a batch job. */

import { type ListQuery, writeFilter } from "../api/filter";
import type { Job } from "../api/jobs";

const SPECIAL = /[*?[]/;

/** The archive's address of the images that a job has got an answer of, or found one for; none if no filter finds them. */
export function answersAddress(job: Job, which: "classified" | "skipped"): string | null {
  const place = placeOf(job.input);
  if (!place) return null;
  const time = which === "classified" ? { since: job.started_at ?? job.submitted_at } : { until: job.submitted_at };
  return `/?${writeFilter({ ...place, model: job.model, outcome: "classified", ...time })}`;
}

/** The part of a job's input that stays true of its images when their answers have changed. */
function placeOf(input: Job["input"]): ListQuery | null {
  switch (input.kind) {
    case "names":
      return null;
    case "filter": {
      const { container, prefix } = input.filter;
      return { ...(container && { container }), ...(prefix && { prefix }) };
    }
    case "prefix": {
      const { prefix, glob } = input;
      const [head = ""] = (glob ?? "").split(SPECIAL, 1);
      return { prefix: head.length > prefix.length ? head : prefix };
    }
  }
}
