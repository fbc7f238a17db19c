/** Lists of jobs that change while they are looked at. */

import type { Schemas } from "./client";

type Job = Schemas["Job"];
type JobPage = Schemas["JobPage"];
export type State = Job["state"];

export const STATES = ["queued", "running", "paused", "completed", "failed", "canceled"] as const satisfies State[];

/** Whether it has not ended. */
export function isActive({ state }: Job): boolean {
  return state === "queued" || state === "running" || state === "paused";
}

/** The later of what is known and what is told of a job. Nothing comes after its end, whatever is told late. */
export function latest(known: Job, told: Job): Job {
  return isActive(known) ? told : known;
}

/**
 * The pages of a list with a job as it is now: at its place if the list reaches that far, and not any more if it has
 * left the state that the list is of.
 */
export function withJob(pages: readonly JobPage[], told: Job, state: State | null): JobPage[] {
  const known = pages.flatMap((page) => page.jobs).find((job) => job.id === told.id);
  const job = known ? latest(known, told) : told;
  const without = pages.map((page) => ({ ...page, jobs: page.jobs.filter((one) => one.id !== job.id) }));
  if (state !== null && job.state !== state) return without;
  // The newest come first, and ids sort by time.
  const place = pages.findIndex((page) => page.next === null || job.id >= page.next);
  return without.map((page, number) => (number === place ? { ...page, jobs: inserted(page.jobs, job) } : page));
}

function inserted(jobs: readonly Job[], job: Job): Job[] {
  const place = jobs.findIndex((one) => one.id < job.id);
  return place < 0 ? [...jobs, job] : jobs.toSpliced(place, 0, job);
}
