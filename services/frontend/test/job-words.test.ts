import { describe, expect, it } from "vitest";
import { answersAddress } from "../src/jobs/answers";
import { inputText, progressText, reasonText, thresholdText } from "../src/jobs/words";
import { job } from "./jobs";

describe("the input of a job in words", () => {
  it.each([
    [{ prefix: "" }, "All images of the container"],
    [{ prefix: "line 3/" }, "Names that begin with “line 3/”"],
    [{ prefix: "", glob: "**/*.jpg" }, "Names that match “**/*.jpg”"],
    [{ prefix: "line 3/", glob: "*.jpg" }, "Names that begin with “line 3/” and match “*.jpg”"],
  ])("by name: %o", (parts, text) => {
    expect(inputText({ kind: "prefix", ...parts })).toBe(text);
  });

  it("by single names", () => {
    expect(inputText({ kind: "names", count: 1 })).toBe("1 named image");
    expect(inputText({ kind: "names", count: 2000, retries: "a" })).toBe("2,000 failures of an earlier job");
  });

  it("by a filter of the archive", () => {
    expect(inputText({ kind: "filter", filter: {} })).toBe("All images of the archive");
    const filter = { label: "crack", max_score: 0.7, reviewed: false, model: null };
    expect(inputText({ kind: "filter", filter })).toBe(
      "Images of the archive: label crack, not reviewed, score up to 70 %",
    );
  });
});

describe("how far a job has come in words", () => {
  it("while its images are not counted", () => {
    const counts = { classified: 1000, skipped: 20, failed: 0, gone: 4 };
    expect(progressText(job({ counts, images_per_minute: 300 }))).toBe(
      "1,024 so far, not counted yet · 300 per minute",
    );
  });

  it("when it has ended", () => {
    const counts = { classified: 8, skipped: 0, failed: 2, gone: 0 };
    expect(progressText(job({ state: "completed", total: 10, counts }))).toBe("10 of 10 images · 2 failed");
  });
});

it("failures in words", () => {
  expect(thresholdText(-1)).toBe("it goes on whatever fails");
  expect(thresholdText(0)).toBe("it fails with more than 0");
  expect(reasonText("too_many_pixels")).toBe("too many pixels");
  expect(reasonText("missing")).toBe("there is no such image");
});

describe("where the archive shows what a job has answered", () => {
  const started = { started_at: "2026-11-26T07:00:01Z" };

  it("what it has classified, since it began", () => {
    const input = { kind: "prefix" as const, prefix: "line 3/" };
    expect(answersAddress(job({ input, ...started }), "classified")).toBe(
      "/?model=lite%3A1&outcome=classified&prefix=line+3%2F&since=2026-11-26T07%3A00%3A01Z",
    );
  });

  it("what it has skipped, from before", () => {
    expect(answersAddress(job(), "skipped")).toBe("/?model=lite%3A1&outcome=classified&until=2026-11-26T07%3A00%3A00Z");
  });

  it.each([
    ["line 3/*.jpg", "line+3%2F"],
    ["line 3/a.jpg", "line+3%2Fa.jpg"],
    ["[ab]/*", null],
  ])("by the beginning that all names have that match %s", (glob, prefix) => {
    const address = answersAddress(job({ input: { kind: "prefix", prefix: "", glob } }), "classified");
    expect(/prefix=([^&]*)/.exec(address ?? "")?.[1] ?? null).toBe(prefix);
  });

  it("by what new answers do not change, of a filter", () => {
    const filter = { label: "crack", prefix: "line 3/", container: null };
    expect(answersAddress(job({ input: { kind: "filter", filter } }), "skipped")).toBe(
      "/?model=lite%3A1&outcome=classified&prefix=line+3%2F&until=2026-11-26T07%3A00%3A00Z",
    );
  });

  it("nowhere, when they were named one by one", () => {
    expect(answersAddress(job({ input: { kind: "names", count: 2 } }), "classified")).toBeNull();
  });
});
