import { describe, expect, it } from "vitest";
import { ago, deadLetters, missingWork } from "../src/overview/pipeline";

function worker(service: string) {
  const [started_at, reported_at] = ["2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z"];
  return { service, name: `${service}:1`, started_at, reported_at, images: 0, images_per_minute: 0 };
}

function queue(dead: number) {
  return { name: "classify", waiting: 1, running: 2, dead };
}

describe("missing work", () => {
  it("is nothing while every service has a worker", () => {
    expect(missingWork([worker("inference"), worker("results")])).toEqual([]);
  });

  it("is said of each service without one", () => {
    expect(missingWork([worker("results")])).toEqual([
      "No inference worker has reported for 20 seconds: nothing is being classified.",
    ]);
    expect(missingWork([worker("inference")])).toEqual([
      "No results worker has reported for 20 seconds: no answer reaches the archive.",
    ]);
  });

  it("is everything without any worker", () => {
    expect(missingWork([])).toEqual(["No worker has reported for 20 seconds: nothing is being classified."]);
  });
});

describe("dead letters", () => {
  it("are not spoken of when there are none", () => {
    expect(deadLetters([queue(0), queue(0)])).toBeNull();
  });

  it("are counted over all queues", () => {
    expect(deadLetters([queue(1), queue(0)])).toMatch(/^1 job was set aside as a dead letter: it can /);
    expect(deadLetters([queue(1), queue(2)])).toMatch(/^3 jobs were set aside as dead letters: they can /);
  });
});

describe("how long ago", () => {
  const MOMENT = "2026-11-22T12:00:00Z";

  it("is said in seconds", () => {
    expect(ago(MOMENT, Date.parse(MOMENT) + 3400)).toBe("3 s ago");
  });

  it("is never in the future", () => {
    expect(ago(MOMENT, Date.parse(MOMENT) - 5000)).toBe("0 s ago");
  });
});
