import { describe, expect, it } from "vitest";
import { newJobAddress } from "../src/api/filter";
import { ApiProblem, Unreachable } from "../src/api/problem";
import { type Draft, draftOf, formatIn, jobNamedIn, namesOf, placed, requestOf } from "../src/jobs/draft";

function draft(parts: Partial<Draft> = {}, address = "") {
  return { ...draftOf(new URLSearchParams(address)), ...parts };
}

const SETTINGS = { mini_batch_size: 32, error_threshold: -1, max_retries: 3, again: false, from_embeddings: false };

it("the name of a file tells its format", () => {
  expect(["a.csv", "b.JSONL", "line 3/c.parquet", "parquet", "d.xlsx", ""].map(formatIn)).toEqual([
    "csv",
    "jsonl",
    "parquet",
    undefined,
    undefined,
    undefined,
  ]);
});

describe("what is asked of the API", () => {
  it.each([
    [{}, { prefix: "" }],
    [{ prefix: "line 3/" }, { prefix: "line 3/" }],
    [{ glob: "*.jpg" }, { glob: "*.jpg" }],
    [
      { prefix: "line 3/", glob: "*.jpg" },
      { prefix: "line 3/", glob: "*.jpg" },
    ],
    [{ input: "names" as const, names: "a.jpg\r\n\n b.jpg \n", prefix: "c" }, { names: ["a.jpg", "b.jpg"] }],
  ])("for the input %o", (parts, input) => {
    expect(requestOf(draft(parts))).toEqual({ ...input, ...SETTINGS });
  });

  it("for what the archive shows, in whatever order", () => {
    const address = newJobAddress({ label: "cup", sort: "score", order: "ascending" });
    expect(requestOf(draft({}, address.slice(address.indexOf("?"))))).toEqual({
      filter: { label: "cup" },
      ...SETTINGS,
    });
    expect(requestOf(draft({}, newJobAddress({}).slice("/jobs/new".length)))).toEqual({ filter: {}, ...SETTINGS });
  });

  it("for all settings", () => {
    const settings = { model: "lite:2", miniBatchSize: "8", errorThreshold: "0", maxRetries: "0" };
    const flags = { again: true, fromEmbeddings: true };
    expect(requestOf(draft({ ...settings, ...flags, output: "a.jsonl", format: "jsonl" }))).toEqual({
      prefix: "",
      model: "lite:2",
      mini_batch_size: 8,
      error_threshold: 0,
      max_retries: 0,
      again: true,
      from_embeddings: true,
      output: { name: "a.jsonl", format: "jsonl" },
    });
  });
});

it("names are lines", () => {
  expect(namesOf("\n")).toEqual([]);
  expect(namesOf("line 3/a, b.jpg\nc.jpg")).toEqual(["line 3/a, b.jpg", "c.jpg"]);
});

describe("what is wrong stands where it belongs", () => {
  const request = requestOf(draft({ glob: "[a", output: "old.csv" }));
  const invalid = (...where: (string | number)[]) => new ApiProblem(422, "x", undefined, [{ where, problem: "No." }]);

  it.each([
    ["a part", invalid("body", "model"), { model: "No." }],
    ["a part of a part", invalid("body", "output", "name"), { output: "No." }],
    ["the whole is of the input", invalid("body"), { glob: "No." }],
    ["no model", new ApiProblem(422, "no worker serves it"), { model: "No worker serves it." }],
    ["no outputs", new ApiProblem(501, "no container"), { output: "No container." }],
    ["an output", new ApiProblem(409, "there is a file old.csv"), { output: "There is a file old.csv." }],
    ["another job", new ApiProblem(409, "job 1 does the same"), {}],
    ["nobody answers", new Unreachable("refused"), {}],
  ])("%s", (_, error, problems) => {
    expect(placed(error, request)).toEqual(problems);
  });

  it("the first of several of one part", () => {
    const mistakes = ["First.", "Second."].map((problem) => ({ where: ["body", "names", 3], problem }));
    expect(placed(new ApiProblem(422, "x", undefined, mistakes), request)).toEqual({ names: "First." });
  });
});

it("a job that stands in the way is found", () => {
  expect(jobNamedIn(new ApiProblem(409, "job 0644a8b2c1d3e4-5f0c1b7a does the same"))).toBe("0644a8b2c1d3e4-5f0c1b7a");
  expect(jobNamedIn(new ApiProblem(409, "there is such a file"))).toBeNull();
});
