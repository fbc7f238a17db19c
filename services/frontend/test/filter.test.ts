import { describe, expect, test } from "vitest";
import { isNewestFirst, readFilter, streamFilter, withParts, writeFilter } from "../src/api/filter";

const read = (address: string) => readFilter(new URLSearchParams(address));

describe("the filter in an address", () => {
  test("has the names and values that the API has", () => {
    const address =
      "conflict=true&label=crack&min_score=0.5&order=ascending&outcome=classified&reviewed=false&sort=score";
    expect(read(address)).toEqual({
      label: "crack",
      min_score: 0.5,
      order: "ascending",
      outcome: "classified",
      reviewed: false,
      conflict: true,
      sort: "score",
    });
    expect(String(writeFilter(read(address)))).toBe(address);
  });

  test("is the same whatever order it was typed in", () => {
    expect(String(writeFilter(read("sort=score&label=a")))).toBe(String(writeFilter(read("label=a&sort=score"))));
  });

  test.each([
    "outcome=lost",
    "min_score=7",
    "max_score=much",
    "reviewed=perhaps",
    "conflict=1",
    "since=yesterday",
    "color=red",
    "",
  ])("leaves out what makes no sense: %s", (address) => {
    expect(read(address)).toEqual({});
  });

  test("keeps names with any characters", () => {
    const filter = { prefix: "line 3/ü#?&%+" };
    expect(read(String(writeFilter(filter)))).toEqual(filter);
  });
});

test("parts are set anew, and empty ones are left out", () => {
  expect(withParts({ label: "a", prefix: "b" }, { label: "", sort: "score" })).toEqual({ prefix: "b", sort: "score" });
});

test("images can appear as they arrive only where the newest come first", () => {
  expect(isNewestFirst({ label: "a" })).toBe(true);
  expect(isNewestFirst({ sort: "score" })).toBe(false);
  expect(isNewestFirst({ order: "ascending" })).toBe(false);
  expect(isNewestFirst({ until: "2026-11-22T00:00:00Z" })).toBe(false);
});

test("the stream has no regard to time and order", () => {
  expect(streamFilter({ label: "a", min_score: 0.5, since: "2026-11-22T00:00:00Z", sort: "score" })).toEqual({
    label: "a",
    min_score: "0.5",
  });
});
