/** The histogram of scores. */

import type { ListQuery } from "../api/filter";

/** Images whose score lies between two probabilities. */
export interface Bin {
  from: number;
  to: number;
  images: number;
}

/** The bins of a histogram, which are equally wide and go from 0 to 1. */
export function binsOf(scores: readonly number[]): Bin[] {
  return scores.map((images, place) => ({ from: place / scores.length, to: (place + 1) / scores.length, images }));
}

/** What the archive is asked for the images of a bin; the ends of the histogram need no bound. */
export function scoresOf({ from, to }: Bin): ListQuery {
  return { ...(from > 0 && { min_score: from }), ...(to < 1 && { max_score: to }) };
}
