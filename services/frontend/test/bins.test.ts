import { describe, expect, it } from "vitest";
import { binsOf, scoresOf } from "../src/overview/bins";

const SCORES = Array.from({ length: 20 }, (_, place) => place);

describe("bins of scores", () => {
  it("go from 0 to 1", () => {
    const bins = binsOf(SCORES);
    expect(bins[0]).toEqual({ from: 0, to: 0.05, images: 0 });
    expect(bins[3]).toEqual({ from: 0.15, to: 0.2, images: 3 });
    expect(bins[19]).toEqual({ from: 0.95, to: 1, images: 19 });
  });

  it("lead to the images between their bounds", () => {
    const bins = binsOf(SCORES);
    const filters = [0, 3, 19].map((place) => bins[place]).map((bin) => bin && scoresOf(bin));
    expect(filters).toEqual([{ max_score: 0.05 }, { min_score: 0.15, max_score: 0.2 }, { min_score: 0.95 }]);
  });
});
