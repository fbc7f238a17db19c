import { describe, expect, test } from "vitest";
import type { Release } from "../src/api/models";
import { partOf, releaseText, shareOf } from "../src/models/words";

const RELEASE: Release = {
  name: "cells",
  revision: 4,
  serving: 2,
  previous: 1,
  canary: { version: 3, share: 0.05 },
  shadows: [4, 5],
  changes: [],
};

describe("a release in words", () => {
  test("says which versions answer", () => {
    expect(releaseText(RELEASE)).toBe("Version 2 serves · 3 answers for 5 % · looking on: 4, 5");
    expect(releaseText({ ...RELEASE, canary: null, shadows: [] })).toBe("Version 2 serves");
    expect(releaseText(null)).toBe("No version was promoted yet");
  });

  test("gives each version its part", () => {
    expect([1, 2, 3, 4, 5, 6].map((version) => partOf(version, RELEASE))).toEqual([
      "before",
      "serves",
      "canary",
      "looks on",
      "looks on",
      null,
    ]);
    expect(partOf(1, null)).toBeNull();
  });
});

describe("a share that somebody writes", () => {
  test.each([
    ["5", 0.05],
    [" 12,5 % ", 0.125],
    ["99.9%", 0.999],
  ])("%s is one", (text, share) => {
    expect(shareOf(text)).toBeCloseTo(share);
  });

  test.each(["", " ", "0", "100", "-5", "much", "5 % of all"])("%s is none", (text) => {
    expect(shareOf(text)).toBeNull();
  });
});
