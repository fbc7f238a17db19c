import { describe, expect, test } from "vitest";
import type { Result } from "../src/api/entries";
import { centralSquare, colours } from "../src/image/heatmap";
import { stagesOf } from "../src/image/passage";
import { percent } from "../src/parts/score";

describe("the heatmap", () => {
  test("is clear where nothing matters and red where most does", () => {
    const pixels = [...colours([[0, 255]])];
    expect(pixels[3]).toBe(0);
    expect(pixels.slice(4)).toEqual([255, 0, 0, 255]);
  });

  test("lies over the middle of older results", () => {
    expect(centralSquare(600, 400)).toEqual([1 / 6, 0, 5 / 6, 1]);
    expect(centralSquare(400, 600)).toEqual([0, 1 / 6, 1, 5 / 6]);
  });
});

test.each([
  [0, "0 %"],
  [0.001, "< 1 %"],
  [0.954, "95 %"],
  [0.999, "> 99 %"],
  [1, "100 %"],
])("%d is %s", (probability, text) => {
  expect(percent(probability)).toBe(text);
});

describe("the stages of a passage", () => {
  const result = {
    timings_ms: { queued: 40, fetch: 6, decode: 10, inference: 14 },
    from_embedding: false,
    completed_at: "2026-11-22T08:15:30.300Z",
  } as Result;

  test("end with the time until it was stored", () => {
    const stages = stagesOf({ ...result, stored_at: "2026-11-22T08:15:30.325Z" });
    expect(stages.at(-1)).toEqual({ name: "store", ms: 25 });
    expect(stages.map(({ name }) => name)).toEqual(["queued", "fetch", "decode", "inference", "store"]);
  });

  test("know nothing of storing before that is done, and clocks that differ give no negative time", () => {
    expect(stagesOf(result)).toHaveLength(4);
    expect(stagesOf({ ...result, stored_at: "2026-11-22T08:15:30.299Z" }).at(-1)?.ms).toBe(0);
  });
});
