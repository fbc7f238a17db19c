import { describe, expect, it } from "vitest";
import { lastDay, rateNow, rounded } from "../src/overview/rates";

const MINUTE_MS = 60_000;
const NOW = Date.parse("2026-11-22T12:02:00Z");

function slot(at: string, images: number) {
  return { at, images };
}

describe("the last 24 hours", () => {
  it("have a slot for every five minutes, also for those without images", () => {
    const rates = lastDay({ minutes: 5, slots: [slot("2026-11-22T11:50:00+00:00", 15)] }, NOW);
    expect(rates).toHaveLength(288);
    expect(rates[0]?.at).toBe(Date.parse("2026-11-21T12:05:00Z"));
    expect(rates.at(-1)?.at).toBe(Date.parse("2026-11-22T12:00:00Z"));
    expect(rates.filter((rate) => rate.images > 0)).toEqual([
      { at: Date.parse("2026-11-22T11:50:00Z"), images: 15, perMinute: 3 },
    ]);
  });

  it("leave out what is older", () => {
    const rates = lastDay({ minutes: 5, slots: [slot("2026-11-21T12:00:00Z", 15)] }, NOW);
    expect(rates.every((rate) => rate.images === 0)).toBe(true);
  });

  it("count the minutes that the newest slot has had, and one at least", () => {
    const throughput = { minutes: 5, slots: [slot("2026-11-22T12:00:00Z", 10)] };
    expect(lastDay(throughput, NOW).at(-1)?.perMinute).toBe(5);
    expect(lastDay(throughput, NOW - 1.9 * MINUTE_MS).at(-1)?.perMinute).toBe(10);
  });
});

describe("the rate now", () => {
  it("is that of the two newest slots", () => {
    const slots = [slot("2026-11-22T11:55:00Z", 60), slot("2026-11-22T12:00:00Z", 10)];
    const rates = lastDay({ minutes: 5, slots }, NOW);
    expect(rateNow(rates, NOW)).toEqual({ perMinute: 10, minutes: 7 });
  });

  it("is none without images", () => {
    expect(rateNow(lastDay({ minutes: 5, slots: [] }, NOW), NOW)).toEqual({ perMinute: 0, minutes: 7 });
  });
});

it("a rate has a decimal where that says something", () => {
  expect([rounded(0), rounded(12.4)]).toEqual(["0", "12"]);
  expect(rounded(0.14)).toBe((0.1).toLocaleString());
});
