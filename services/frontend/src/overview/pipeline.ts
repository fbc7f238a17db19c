/** What the pipeline's figures mean for the images that are on their way. */

import type { Schemas } from "../api/client";
import { sum } from "./counting";

/** After how many seconds without a report the API shows a worker no more. */
const FORGOTTEN_AFTER_S = 20;

/** What is not done because nobody is there to do it, in sentences. */
export function missingWork(workers: readonly Schemas["Worker"][]): string[] {
  const since = `has reported for ${FORGOTTEN_AFTER_S} seconds`;
  if (!workers.length) return [`No worker ${since}: nothing is being classified.`];
  const services = new Set(workers.map((worker) => worker.service));
  const missing = [];
  if (!services.has("inference")) missing.push(`No inference worker ${since}: nothing is being classified.`);
  if (!services.has("results")) missing.push(`No results worker ${since}: no answer reaches the archive.`);
  return missing;
}

/** What dead letters mean, if there are any. */
export function deadLetters(queues: readonly Schemas["QueueDepth"][]): string | null {
  const dead = sum(queues.map((queue) => queue.dead));
  if (dead === 0) return null;
  const jobs =
    dead === 1 ? "1 job was set aside as a dead letter: it" : `${dead} jobs were set aside as dead letters: they`;
  return `${jobs} can never be handled. The broker keeps each with its reason, for a person to look at.`;
}

/** How long ago something was, in words. Clocks of two machines differ: what comes from the future is of now. */
export function ago(moment: string, now: number): string {
  return `${Math.max(0, Math.round((now - Date.parse(moment)) / 1000))} s ago`;
}
