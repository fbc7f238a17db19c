import { describe, expect, it } from "vitest";
import { fileName, type Result } from "../src/api/entries";
import { type Action, type Candidate, NOTHING, passedOf, type Queue, reduce, unreviewed } from "../src/review/queue";

function candidate(blob: string, etag = "1"): Candidate {
  const result = { image: { container: "images", blob, etag }, label: "cup", predictions: [], review: null };
  return { image: result as unknown as Result, usefulness: 0.5, disagreement: null };
}

const [A, B, C, D] = [candidate("a"), candidate("b"), candidate("c"), candidate("d")];

function queueAfter(...actions: Action[]): Queue {
  return actions.reduce(reduce, NOTHING);
}

function load(...candidates: Candidate[]): Action {
  return { type: "loaded", candidates };
}

function answer(one: Candidate, label = "cup"): Action {
  return { type: "answered", candidate: one, label };
}

function skip(one: Candidate): Action {
  return { type: "skipped", candidate: one };
}

function fail(one: Candidate, instead: Candidate | null = one): Action {
  return { type: "failed", candidate: one, instead };
}

function review(...candidates: Candidate[]): Action {
  return { type: "reviewed", results: candidates.map((one) => one.image) };
}

const undo: Action = { type: "undone" };

function waiting(queue: Queue): string[] {
  return queue.waiting.map(({ image }) => fileName(image.image.blob));
}

function done(queue: Queue): (string | null)[][] {
  return queue.done.map(({ candidate: { image }, label }) => [image.image.blob, label]);
}

describe("loading", () => {
  it("adds what is new, after what waits", () => {
    expect(waiting(queueAfter(load(A, B), load(C, B, A, D)))).toEqual(["a", "b", "c", "d"]);
  });

  it("never brings back what is done", () => {
    expect(waiting(queueAfter(load(A, B, C), answer(A), skip(B), load(A, B, C, D)))).toEqual(["c", "d"]);
  });

  it("takes away what another person has been given meanwhile", () => {
    expect(waiting(queueAfter(load(A, B, C), load(B, D)))).toEqual(["b", "d"]);
  });

  it("shows another version of an image that is done", () => {
    expect(waiting(queueAfter(load(A), answer(A), load(candidate("a", "2"))))).toEqual(["a"]);
  });

  it("tells whether anything is left", () => {
    expect(NOTHING.isEmpty).toBe(false);
    expect(queueAfter(load(A), answer(A)).isEmpty).toBe(false);
    expect(queueAfter(load(A), answer(A), load()).isEmpty).toBe(true);
    expect(queueAfter(load(), load(A)).isEmpty).toBe(false);
  });
});

describe("an answer", () => {
  it("leads to the next image at once", () => {
    const queue = queueAfter(load(A, B), answer(A, "mug"));
    expect(waiting(queue)).toEqual(["b"]);
    expect(done(queue)).toEqual([["a", "mug"]]);
  });

  it("is for the image that it was meant for only", () => {
    const queue = queueAfter(load(A, B, C), answer(A), answer(A, "mug"), skip(A));
    expect(waiting(queue)).toEqual(["b", "c"]);
    expect(done(queue)).toEqual([["a", "cup"]]);
  });

  it("that fails brings the image back, not in place of the one that is looked at", () => {
    const queue = queueAfter(load(A, B, C), answer(A), fail(A));
    expect(waiting(queue)).toEqual(["b", "a", "c"]);
    expect(done(queue)).toEqual([]);
  });

  it("that fails last brings the image back", () => {
    const queue = queueAfter(load(A), answer(A), load(), fail(A));
    expect(waiting(queue)).toEqual(["a"]);
    expect(queue.isEmpty).toBe(false);
  });

  it("that fails after it was undone changes nothing", () => {
    expect(waiting(queueAfter(load(A, B), answer(A), undo, fail(A)))).toEqual(["a", "b"]);
  });

  it("to an image that was replaced brings its new version, once", () => {
    const replaced = candidate("a", "2");
    expect(queueAfter(load(A, B), answer(A), fail(A, replaced)).waiting).toEqual([B, replaced]);
    expect(queueAfter(load(A, B), answer(A), load(B, replaced), fail(A, replaced)).waiting).toEqual([B, replaced]);
    expect(waiting(queueAfter(load(A, B), answer(A), fail(A, null)))).toEqual(["b"]);
  });

  it("that failed is not lost to an answer of the API that was on its way", () => {
    expect(waiting(queueAfter(load(A, B), answer(A), fail(A), load(B, C)))).toEqual(["b", "a", "c"]);
  });
});

describe("undoing", () => {
  it("goes several steps back", () => {
    const queue = queueAfter(load(A, B, C), answer(A), skip(B), undo, undo);
    expect(waiting(queue)).toEqual(["a", "b", "c"]);
    expect(done(queue)).toEqual([]);
  });

  it("of nothing changes nothing", () => {
    expect(queueAfter(load(A), undo)).toEqual(queueAfter(load(A)));
  });

  it("holds against what is still told of the review", () => {
    expect(waiting(queueAfter(load(A, B), answer(A), undo, review(A), load(B)))).toEqual(["a", "b"]);
  });

  it("ends that nothing is left", () => {
    expect(queueAfter(load(A), skip(A), load(), undo).isEmpty).toBe(false);
  });
});

describe("a review elsewhere", () => {
  it("takes the image away, for good", () => {
    expect(waiting(queueAfter(load(A, B, C), review(A, C), load(A, B, C)))).toEqual(["b"]);
  });

  it("of a skipped image leaves nothing to undo", () => {
    expect(waiting(queueAfter(load(A, B), skip(A), review(A), undo))).toEqual(["b"]);
  });

  it("is not this person's own", () => {
    expect(done(queueAfter(load(A, B), answer(A), review(A)))).toEqual([["a", "cup"]]);
  });

  it("of another version takes nothing away", () => {
    expect(waiting(queueAfter(load(A), review(candidate("a", "2"))))).toEqual(["a"]);
  });
});

describe("beginning anew", () => {
  it("keeps what was reviewed and forgets what was skipped", () => {
    const queue = queueAfter(load(A, B, C), answer(A), skip(B), { type: "restarted" });
    expect(waiting(queue)).toEqual([]);
    expect(done(queue)).toEqual([["a", "cup"]]);
    expect(waiting(reduce(queue, load(A, B)))).toEqual(["b"]);
  });
});

describe("what the API is told", () => {
  it("is not to give what was skipped, or reviewed just now", () => {
    const many = Array.from({ length: 12 }, (_, place) => candidate(String(place)));
    const queue = queueAfter(load(A, ...many), skip(A), ...many.map((one) => answer(one)));
    expect(passedOf(queue).map((name) => name.blob)).toEqual([
      "a",
      ...many.slice(2).map((one) => one.image.image.blob),
    ]);
  });

  it("is not more than it accepts, and the latest", () => {
    const many = Array.from({ length: 600 }, (_, place) => candidate(String(place)));
    const passed = passedOf(queueAfter(load(...many), ...many.map(skip)));
    expect(passed.length).toBe(500);
    expect(passed.at(-1)).toEqual({ container: "images", blob: "599" });
  });

  it("is to take back what was not reviewed", () => {
    const queue = queueAfter(load(A, B, C), answer(A), skip(B));
    expect(unreviewed(queue).map((name) => name.blob)).toEqual(["c", "b"]);
  });
});
