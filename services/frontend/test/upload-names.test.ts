import { expect, test } from "vitest";
import { choose, sentenceOf } from "../src/upload/choice";
import { filesDropped } from "../src/upload/found";
import { commonFolder, folderOf, folderProblem, nameProblem } from "../src/upload/names";

const found = (...paths: string[]) => paths.map((path) => ({ path, file: new File([], path) }));

test.each(["a.jpg", "line 3/a.jpg", ".config/a.jpg", "a..b/c.jpg", "ä/日本/🙂.png", "/a.jpg", "a//b.jpg"])(
  "a name as %j is fine",
  (name) => {
    expect(nameProblem(name)).toBeNull();
  },
);

test.each([
  ["a\tb.jpg", "control characters"],
  ["a\u0085.jpg", "control characters"],
  ["a\ud800.jpg", "control characters"],
  ["../a.jpg", "a part that is"],
  ["a/./b.jpg", "a part that is"],
  ["a\\..\\b.jpg", "a part that is"],
  ["a.jpg.", "ends in"],
  ["a/", "ends in"],
  [`${"a/".repeat(254)}b`, "more than 254 parts"],
  ["a".repeat(1025), "characters"],
])("a name as %j is not", (name, problem) => {
  expect(nameProblem(name)).toContain(problem);
});

test("a folder may be written with slashes around it", () => {
  expect(folderOf(" /line 3/today/ ")).toBe("line 3/today");
  expect(folderProblem("/line 3/")).toBeNull();
  expect(folderProblem(" / ")).toBeNull();
  expect(folderProblem("a/../b")).toBe("This folder has a part that is “.” or “..”: choose another name.");
  expect(folderProblem("line.")).toContain("ends in");
});

test("files get the folder before their paths", () => {
  const { named } = choose(found("a.JPG", "trip/b.tiff"), "line 3");
  expect(named.map(({ blob }) => blob)).toEqual(["line 3/a.JPG", "line 3/trip/b.tiff"]);
  expect(choose(found("a.jpg"), "").named[0]?.blob).toBe("a.jpg");
});

test("what is hidden, no picture, or without a name of its own is left out and counted", () => {
  const paths = [".a.jpg", ".trash/b.jpg", "notes.txt", "jpg", "c\n.png", "d.png", "d.png"];
  const { named, leftOut } = choose(found(...paths), "");
  expect(named.map(({ blob }) => blob)).toEqual(["d.png"]);
  expect(sentenceOf(leftOut)).toBe(
    "Left out: 2 hidden files, 2 files without the suffix of a picture, 1 file with a name that storage does not take, " +
      "1 file with the name of another.",
  );
  expect(sentenceOf(choose(found("d.png"), "").leftOut)).toBeNull();
});

test("folders are looked through to the bottom", async () => {
  const leaf = (name: string) => ({
    kind: "file" as const,
    type: "image/png",
    name,
    getFile: async () => new File([], name),
    getText: async () => "",
  });
  const folder = (name: string, entries: ReturnType<typeof leaf>[]) => ({
    kind: "directory" as const,
    name,
    async *getEntries() {
      yield* entries;
    },
  });
  const inner = { ...folder("inner", [leaf("b.png")]) };
  const outer = {
    kind: "directory" as const,
    name: "outer",
    async *getEntries() {
      yield leaf("a.png");
      yield inner;
    },
  };
  const all = await filesDropped([outer, leaf("c.png")]);
  expect(all.map(({ path }) => path)).toEqual(["outer/a.png", "outer/inner/b.png", "c.png"]);
});

test.each([
  [[], ""],
  [["a.jpg"], ""],
  [["x/a.jpg"], "x/"],
  [["x/y/a.jpg", "x/y/b.jpg"], "x/y/"],
  [["x/y/a.jpg", "x/yy/b.jpg"], "x/"],
  [["x/a.jpg", "y/b.jpg"], ""],
  [["/a.jpg", "/b.jpg"], "/"],
])("all of %j are in the folder %j", (names, folder) => {
  expect(commonFolder(names)).toBe(folder);
});
