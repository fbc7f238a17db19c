import { describe, expect, test } from "vitest";
import { centralSquare, colours } from "../src/image/heatmap";
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
