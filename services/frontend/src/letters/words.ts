/** What can be done with dead letters, what it means, and what became of them, in words. */

import type { Done, LetterAction } from "../api/letters";
import { counted } from "../parts/counted";

const SHOWN_REFUSALS = 3;

interface Words {
  name: string;
  meaning: string;
}

export const WORDS: Record<LetterAction, Words> = {
  replay: {
    name: "Replay",
    meaning:
      "The messages go into the queues that they came from. If the reason is not mended, they come back as new dead letters.",
  },
  dismiss: {
    name: "Dismiss",
    meaning:
      "The messages are removed for good, which nothing can undo. The images that they name keep the outcome that they have, if any.",
  },
};

/** What became of letters, in sentences. */
export function sentencesOf(action: LetterAction, { done, refused, refusals, missing, more }: Done): string {
  const letters = `${counted(done, "dead letter")} ${done === 1 ? "is" : "are"}`;
  const sentences = [`${letters} ${action === "replay" ? "in the queues again" : "gone"}.`];
  if (refused > 0) {
    const reasons = [...new Set(refusals)].slice(0, SHOWN_REFUSALS).join("; ");
    sentences.push(`${refused.toLocaleString()} cannot be replayed: ${reasons}.`);
  }
  if (missing > 0) sentences.push(`${missing.toLocaleString()} ${missing === 1 ? "was" : "were"} not there any more.`);
  if (more) sentences.push("More match: do it again for those.");
  return sentences.join(" ");
}
