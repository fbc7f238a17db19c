import { percent } from "../parts/score";
import type { Candidate } from "./queue";

/** From this distance between the two best labels on, a model is not called unsure. */
const SURE = 0.5;

/** Why a person is asked about an image, in few words. */
export function why({ image, disagreement }: Candidate): string {
  if (disagreement) return `version ${disagreement.model.split(":").at(-1)} said ${disagreement.label}`;
  const [best, second] = image.predictions;
  if (!best || !second) return "";
  const manner = best.score - second.score < SURE ? "unsure" : "sure";
  return `${manner}: ${percent(best.score)} against ${percent(second.score)}`;
}
