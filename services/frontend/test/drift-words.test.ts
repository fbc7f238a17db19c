import { describe, expect, test } from "vitest";
import type { DriftFigure, DriftReport } from "../src/api/drift";
import { changedLabels, figureText, verdictText } from "../src/models/drift-words";

const LABELS: DriftFigure = {
  aspect: "labels",
  verdict: "drift",
  psi: 0.312,
  p_value: 0.000412,
  images: 8120,
  reference_images: 640,
  shares: [
    { name: "cracked", reference: 0.08, window: 0.27 },
    { name: "intact", reference: 0.9, window: 0.71 },
    { name: "stained", reference: 0.02, window: 0.02 },
  ],
};
const REPORT: DriftReport = {
  model: "cells:2",
  since: "2026-11-16",
  until: "2026-11-23",
  reference: "training",
  verdict: "drift",
  false_alarm_rate: 0.01,
  figures: [LABELS],
};

describe("a verdict in words", () => {
  test("says what differs from what", () => {
    expect(verdictText(REPORT)).toBe("The images of the last days differ from those that the model was trained for.");
    expect(verdictText({ ...REPORT, verdict: "steady", reference: "archive" })).toBe(
      "The images of the last days are such as those of the days before.",
    );
    expect(verdictText({ ...REPORT, verdict: "unknown", reference: null })).toMatch(/^Nothing can be said/);
  });
});

describe("a figure in words", () => {
  test("has the effect and how sure it is", () => {
    expect(figureText(LABELS)).toBe("drift · PSI 0.31 · p = 0.00041 · 8,120 images");
    expect(figureText({ ...LABELS, p_value: 1e-9 })).toContain("p < 0.0001");
    expect(figureText({ ...LABELS, p_value: 1, verdict: "steady" })).toContain("p = 1");
  });

  test("or says why there is none", () => {
    expect(figureText({ ...LABELS, psi: null, p_value: null, note: "take more days" })).toBe("take more days");
  });
});

test("labels are shown whose shares have changed", () => {
  expect(changedLabels([LABELS])).toEqual(["cracked: 8 % → 27 %", "intact: 90 % → 71 %"]);
  expect(changedLabels([])).toEqual([]);
});
