/** What a batch job is of, and how far it has come, in words. */

import type { Schemas } from "../api/client";
import type { ListQuery } from "../api/filter";
import type { Job } from "../api/jobs";
import { counted } from "../parts/counted";
import { percent } from "../parts/score";

type Counts = Job["counts"];

export const ANY_NUMBER = -1;

/** The input of a job. */
export function inputText(input: Job["input"]): string {
  switch (input.kind) {
    case "names":
      return input.retries
        ? `${counted(input.count, "failure")} of an earlier job`
        : counted(input.count, "named image");
    case "filter":
      return filterText(input.filter);
    case "prefix": {
      const pattern = input.glob ? `match “${input.glob}”` : "";
      if (!input.prefix) return pattern ? `Names that ${pattern}` : "All images of the container";
      return `Names that begin with “${input.prefix}”${pattern && ` and ${pattern}`}`;
    }
  }
}

type Part = keyof Schemas["ImageFilter"];

const PARTS: { [Name in Part]: (value: string) => string } = {
  prefix: (value) => `name begins with “${value}”`,
  container: (value) => `container ${value}`,
  label: (value) => `label ${value}`,
  outcome: (value) => value,
  reason: (value) => value.replaceAll("_", " "),
  model: (value) => `answered by ${value}`,
  reviewed: (value) => (value === "true" ? "reviewed" : "not reviewed"),
  conflict: (value) => (value === "true" ? "people disagree" : "people agree"),
  min_score: (value) => `score from ${percent(Number(value))}`,
  max_score: (value) => `score up to ${percent(Number(value))}`,
  min_uncertainty: (value) => `uncertainty from ${percent(Number(value))}`,
  max_uncertainty: (value) => `uncertainty up to ${percent(Number(value))}`,
  since: (value) => `since ${new Date(value).toLocaleDateString()}`,
  until: (value) => `before ${new Date(value).toLocaleDateString()}`,
};

/** The images that a filter of the archive finds. */
export function filterText(filter: ListQuery): string {
  const parts = (Object.keys(PARTS) as Part[]).flatMap((name) => {
    const value = filter[name];
    return value === undefined || value === null || value === "" ? [] : PARTS[name](String(value));
  });
  return parts.length ? `Images of the archive: ${parts.join(", ")}` : "All images of the archive";
}

/** How many images have come to an end. */
export function endedOf({ classified, skipped, failed, gone }: Counts): number {
  return classified + skipped + failed + gone;
}

/** How far a job has come, in a line. */
export function progressText(job: Job): string {
  const ended = endedOf(job.counts).toLocaleString();
  const total = job.total ?? null; // of an empty input it is 0
  const parts = [total === null ? `${ended} so far, not counted yet` : `${ended} of ${counted(total, "image")}`];
  if (job.counts.failed) parts.push(`${job.counts.failed.toLocaleString()} failed`);
  if (job.state === "running") parts.push(`${job.images_per_minute.toLocaleString()} per minute`);
  return parts.join(" · ");
}

/** How many failures a job can do with. */
export function thresholdText(errorThreshold: number): string {
  if (errorThreshold === ANY_NUMBER) return "it goes on whatever fails";
  return `it fails with more than ${errorThreshold.toLocaleString()}`;
}

/** Why an image has no answer. */
export function reasonText(reason: string): string {
  const own: Record<string, string> = {
    missing: "there is no such image",
    no_outcome: "no outcome came",
    other_model: "another model answered",
  };
  return own[reason] ?? reason.replaceAll("_", " ");
}
