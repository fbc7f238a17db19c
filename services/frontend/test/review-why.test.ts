import { describe, expect, it } from "vitest";
import type { Result } from "../src/api/entries";
import { commandOf } from "../src/review/commands";
import { readReviewFilter } from "../src/review/filter";
import type { Candidate } from "../src/review/queue";
import { why } from "../src/review/why";

function candidate(scores: number[], disagreement: Candidate["disagreement"] = null): Candidate {
  const predictions = scores.map((score, place) => ({ label: `label ${place}`, score }));
  return { image: { predictions } as Result, usefulness: 0.5, disagreement };
}

describe("why an image is in the queue", () => {
  it("is how unsure the model is", () => {
    expect(why(candidate([0.41, 0.38, 0.01]))).toBe("unsure: 41 % against 38 %");
    expect(why(candidate([0.95, 0.01]))).toBe("sure: 95 % against 1 %");
  });

  it("is what an earlier version said, if it was something else", () => {
    expect(why(candidate([0.9, 0.1], { model: "net:1", label: "cup", score: 0.6 }))).toBe("version 1 said cup");
  });

  it("is nothing if there is nothing to compare", () => {
    expect(why(candidate([1]))).toBe("");
  });
});

describe("keys", () => {
  it("choose labels by their place", () => {
    expect(["Enter", "c", "C", "1"].map(commandOf)).toEqual(Array(4).fill({ act: "choose", place: 0 }));
    expect(["2", "5"].map(commandOf)).toEqual([
      { act: "choose", place: 1 },
      { act: "choose", place: 4 },
    ]);
  });

  it("of other kinds mean nothing", () => {
    expect(["6", "Tab", "x"].map(commandOf)).toEqual(Array(3).fill(undefined));
  });
});

describe("the filter in the address", () => {
  it("has no more than the queue can be asked for", () => {
    const address = new URLSearchParams("prefix=a/&label=cup&model=&min_score=0.3&sort=score");
    expect(readReviewFilter(address)).toEqual({ prefix: "a/", label: "cup" });
  });
});
