import { describe, expect, it } from "vitest";
import type { Schemas } from "../src/api/client";
import { labelsOverTime, lastDays } from "../src/overview/days";

const STATISTICS: Schemas["Statistics"] = {
  since: "2026-11-20",
  until: "2026-11-23",
  labels: { "7": 2, cup: 5 },
  days: [
    { day: "2026-11-20", outcomes: { classified: 6, rejected: 4 }, labels: { cup: 3, "7": 2 }, reasons: {} },
    { day: "2026-11-22", outcomes: { classified: 2 }, labels: { cup: 2 }, reasons: {} },
  ],
  scores: [],
};

describe("labels over time", () => {
  it("have the most frequent first, whatever their names", () => {
    expect(labelsOverTime(STATISTICS).labels).toEqual(["cup", "7"]);
  });

  it("have every day, and what is not of the top labels as other", () => {
    expect(labelsOverTime(STATISTICS).days).toEqual([
      { day: "2026-11-20", images: [3, 2], other: 1 },
      { day: "2026-11-21", images: [0, 0], other: 0 },
      { day: "2026-11-22", images: [2, 0], other: 0 },
    ]);
  });

  it("are empty days without images", () => {
    const { labels, days } = labelsOverTime({ ...STATISTICS, labels: {}, days: [] });
    expect(labels).toEqual([]);
    expect(days.map((day) => day.other)).toEqual([0, 0, 0]);
  });
});

it("the last days end with today, in UTC", () => {
  expect(lastDays(7, Date.parse("2026-11-22T23:59:00Z"))).toEqual({ since: "2026-11-16", until: "2026-11-23" });
});
