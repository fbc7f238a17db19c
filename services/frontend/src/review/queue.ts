/**
 * The images that wait for a person, and what this person has done with those before.
 *
 * Nothing is asked or told here: what happens is put in as actions, and what follows from it comes out.
 */

import type { Schemas } from "../api/client";
import { keyOf, type Name, type Result } from "../api/entries";

export type Candidate = Schemas["ReviewCandidate"];

/** What was done with an image. */
export interface Step {
  candidate: Candidate;
  /** What the person said that it shows; nothing if it was skipped. */
  label: string | null;
}

export interface Queue {
  /** The first is looked at. */
  waiting: Candidate[];
  /** The latest last. */
  done: Step[];
  /** Versions that came back after they were done. The API and the stream may still tell of what was done with them. */
  returned: ReadonlySet<string>;
  /** Versions that somebody else has reviewed. Answers that were on their way may still have them. */
  elsewhere: ReadonlySet<string>;
  /** None waits, and the API had no more. */
  isEmpty: boolean;
}

export type Action =
  /** The API has given what this person is to look at, including what waits here already. */
  | { type: "loaded"; candidates: Candidate[] }
  | { type: "answered"; candidate: Candidate; label: string }
  | { type: "skipped"; candidate: Candidate }
  | { type: "undone" }
  /** An answer was not accepted. The image comes back, as it is by now, if it still needs a review. */
  | { type: "failed"; candidate: Candidate; instead: Candidate | null }
  /** Images have a review by now, perhaps this person's own. */
  | { type: "reviewed"; results: Result[] }
  /** Other images are wanted, or those that were skipped. */
  | { type: "restarted" };

const MAX_PASSED = 500;
/** Reviews that may still be on their way. */
const RECENT = 10;

export const NOTHING: Queue = {
  waiting: [],
  done: [],
  returned: new Set(),
  elsewhere: new Set(),
  isEmpty: false,
};

/** What follows from an action. */
export function reduce(queue: Queue, action: Action): Queue {
  switch (action.type) {
    case "loaded":
      return loaded(queue, action.candidates);
    case "answered":
      return stepped(queue, action.candidate, action.label);
    case "skipped":
      return stepped(queue, action.candidate, null);
    case "undone":
      return undone(queue);
    case "failed":
      return failed(queue, action.candidate, action.instead);
    case "reviewed":
      return reviewed(queue, new Set(action.results.map(versionOf)));
    case "restarted":
      return { ...NOTHING, done: queue.done.filter((step) => step.label !== null) };
  }
}

/** The same for one version of an image only: another one is to be looked at anew. */
export function versionOf({ image }: Result): string {
  return `${keyOf(image)} ${image.etag}`;
}

/** What this person does not want to be given. */
export function passedOf({ done }: Queue): Name[] {
  return done
    .filter((step, place) => step.label === null || place >= done.length - RECENT)
    .slice(-MAX_PASSED)
    .map(({ candidate }) => nameOf(candidate));
}

/** What this person has been given and has not reviewed. */
export function unreviewed({ waiting, done }: Queue): Name[] {
  const skipped = done.filter((step) => step.label === null).map((step) => step.candidate);
  return [...waiting, ...skipped].map(nameOf);
}

function nameOf({ image: { image } }: Candidate): Name {
  return { container: image.container, blob: image.blob };
}

function loaded(queue: Queue, given: Candidate[]): Queue {
  const versions = new Set(given.map((one) => versionOf(one.image)));
  // What is not given any more is another person's, because this one was away for longer than a claim lasts.
  const kept = queue.waiting.filter(({ image }) => {
    const version = versionOf(image);
    return versions.has(version) || queue.returned.has(version);
  });
  const known = new Set(queue.elsewhere);
  for (const { image } of kept) known.add(versionOf(image));
  for (const { candidate } of queue.done) known.add(versionOf(candidate.image));
  const waiting = [...kept, ...given.filter(({ image }) => !known.has(versionOf(image)))];
  return { ...queue, waiting, isEmpty: waiting.length === 0 };
}

function stepped(queue: Queue, candidate: Candidate, label: string | null): Queue {
  const [current, ...waiting] = queue.waiting;
  if (current !== candidate) return queue; // something else is looked at by now, and is not meant
  return { ...queue, waiting, done: [...queue.done, { candidate, label }] };
}

function undone(queue: Queue): Queue {
  const step = queue.done.at(-1);
  if (!step) return queue;
  return {
    ...queue,
    waiting: [step.candidate, ...queue.waiting],
    done: queue.done.slice(0, -1),
    returned: new Set(queue.returned).add(versionOf(step.candidate.image)),
    isEmpty: false,
  };
}

function failed(queue: Queue, { image }: Candidate, instead: Candidate | null): Queue {
  const done = queue.done.filter((step) => versionOf(step.candidate.image) !== versionOf(image));
  if (done.length === queue.done.length) return queue; // it was undone, and waits already
  const version = instead && versionOf(instead.image);
  if (!version || queue.waiting.some((one) => versionOf(one.image) === version)) return { ...queue, done };
  // Not the first: whoever is about to press a key means the image that is looked at.
  const waiting = queue.waiting.toSpliced(1, 0, instead);
  return { ...queue, waiting, done, returned: new Set(queue.returned).add(version), isEmpty: false };
}

function reviewed(queue: Queue, versions: ReadonlySet<string>): Queue {
  const isElsewhere = ({ image }: Candidate) => {
    const version = versionOf(image);
    return versions.has(version) && !queue.returned.has(version);
  };
  const skipped = queue.done.filter((step) => step.label === null).map((step) => step.candidate);
  const gone = [...queue.waiting, ...skipped].filter(isElsewhere);
  if (!gone.length) return queue;
  return {
    ...queue,
    waiting: queue.waiting.filter((one) => !isElsewhere(one)),
    done: queue.done.filter((step) => step.label !== null || !isElsewhere(step.candidate)),
    elsewhere: new Set([...queue.elsewhere, ...gone.map((one) => versionOf(one.image))]),
  };
}
