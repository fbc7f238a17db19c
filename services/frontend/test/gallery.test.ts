import { describe, expect, test } from "vitest";
import { arrived, NONE } from "../src/archive/arrivals";
import { placeAfter } from "../src/archive/keys";
import { columnsIn } from "../src/archive/use-columns";

describe("keys in a grid of ten images, four in a row", () => {
  const grid = { count: 10, columns: 4, page: 2 };

  test.each([
    ["ArrowRight", 3, 4],
    ["ArrowLeft", 4, 3],
    ["ArrowLeft", 0, 0],
    ["ArrowRight", 9, 9],
    ["ArrowDown", 1, 5],
    ["ArrowDown", 5, 9],
    ["ArrowDown", 7, 7],
    ["ArrowUp", 6, 2],
    ["ArrowUp", 2, 2],
    ["PageDown", 3, 7],
    ["PageDown", 1, 9],
    ["PageUp", 9, 1],
    ["Home", 7, 0],
    ["End", 0, 9],
  ])("%s leads from %i to %i", (key, from, to) => {
    expect(placeAfter(key, from, grid)).toBe(to);
  });

  test("others have another meaning", () => {
    expect(placeAfter("a", 1, grid)).toBeNull();
    expect(placeAfter("End", 0, { ...grid, count: 0 })).toBeNull();
  });
});

describe("columns", () => {
  test.each([0, 320, 390, 800, 1280, 3840])("fill a width of %i pixels and no more", (width) => {
    const { columns, tile } = columnsIn(width, 10);
    expect(columns).toBeGreaterThanOrEqual(1);
    expect(columns * tile + (columns + 1) * 10).toBeLessThanOrEqual(Math.max(width, 20));
  });

  test("are at least two on a phone", () => {
    expect(columnsIn(320, 10).columns).toBe(2);
  });
});

describe("images that arrive", () => {
  const image = (blob: string, label = "cat") => ({
    container: "images",
    blob,
    etag: "0x1",
    outcome: "classified" as const,
    reason: null,
    label,
    score: 0.5,
    uncertainty: 0.5,
    reviewed: null,
    completedAt: "2026-11-22T12:00:00Z",
  });

  test("are shown at once at the top, the newest first", () => {
    const state = arrived(arrived(NONE, [image("a"), image("b")], true), [image("c")], true);
    expect(state.shown.map(({ blob }) => blob)).toEqual(["c", "b", "a"]);
  });

  test("wait for those who have scrolled down, and then come all", () => {
    const held = arrived(arrived(NONE, [image("a")], false), [image("b")], false);
    expect([held.shown.length, held.held.length]).toEqual([0, 2]);
    const released = arrived(held, [], true);
    expect(released.shown.map(({ blob }) => blob)).toEqual(["b", "a"]);
    expect(released.held).toEqual([]);
  });

  test("keep their place when they come again", () => {
    const state = arrived(arrived(NONE, [image("a"), image("b")], true), [image("a", "dog")], true);
    expect(state.shown.map(({ blob, label }) => [blob, label])).toEqual([
      ["b", "cat"],
      ["a", "dog"],
    ]);
  });

  test("are not kept without end", () => {
    const many = Array.from({ length: 700 }, (_, number) => image(`${number}`));
    const state = arrived(NONE, many, false);
    expect(state.isBehind).toBe(true);
    expect(state.held.length).toBe(600);
  });

  test("change nothing when there are none", () => {
    expect(arrived(NONE, [], true)).toBe(NONE);
  });
});
