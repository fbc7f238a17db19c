import { describe, expect, it } from "vitest";
import { latest, type State, withJob } from "../src/api/job-pages";
import { job } from "./jobs";

function page(ids: string[], next: string | null = null) {
  return { jobs: ids.map((id) => job({ id })), next };
}

function idsOf(pages: ReturnType<typeof page>[]) {
  return pages.map(({ jobs }) => jobs.map(({ id }) => id));
}

describe("a list of jobs", () => {
  it("shows a new job first", () => {
    expect(idsOf(withJob([page(["b", "a"])], job({ id: "c" }), null))).toEqual([["c", "b", "a"]]);
  });

  it("shows a job that has changed at its place", () => {
    const pages = withJob([page(["d", "c"], "c"), page(["b", "a"])], job({ id: "b", state: "paused" }), null);
    expect(idsOf(pages)).toEqual([
      ["d", "c"],
      ["b", "a"],
    ]);
    expect(pages[1]?.jobs[0]?.state).toBe("paused");
  });

  it("does not show a job that is further down than it reaches", () => {
    expect(idsOf(withJob([page(["d", "c"], "c")], job({ id: "a" }), null))).toEqual([["d", "c"]]);
  });

  it("shows the last job of a page again on this page", () => {
    expect(idsOf(withJob([page(["d", "c"], "c"), page(["b"])], job({ id: "c" }), null))).toEqual([["d", "c"], ["b"]]);
  });

  it("of a state loses a job that leaves it, and gets one that comes to it", () => {
    const running = [page(["c", "a"])];
    expect(idsOf(withJob(running, job({ id: "c", state: "completed" }), "running"))).toEqual([["a"]]);
    expect(idsOf(withJob(running, job({ id: "b", state: "running" }), "running"))).toEqual([["c", "b", "a"]]);
  });

  it("keeps what it knew of a job that has ended, whatever is told late", () => {
    const ended = [{ jobs: [job({ id: "a", state: "canceled" })], next: null }];
    expect(withJob(ended, job({ id: "a", state: "running" }), null)).toEqual(ended);
    expect(withJob(ended, job({ id: "a", state: "running" }), "canceled")).toEqual(ended);
  });
});

it.each<[State, State]>([
  ["queued", "queued"],
  ["running", "queued"],
  ["paused", "queued"],
  ["completed", "completed"],
  ["failed", "failed"],
  ["canceled", "canceled"],
])("after %s, a job that is told to be queued is %s", (known, shown) => {
  expect(latest(job({ state: known }), job({ state: "queued" })).state).toBe(shown);
});
