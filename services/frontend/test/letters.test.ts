import { describe, expect, it } from "vitest";
import { inParts } from "../src/api/at-once";
import { filterText, readLetterFilter, writeLetterFilter } from "../src/letters/filter";
import { readable } from "../src/letters/readable";
import { sentencesOf } from "../src/letters/words";

const DONE = { done: 2, refused: 0, refusals: [], missing: 0, more: false };

describe("the filter of dead letters in an address", () => {
  it("comes back as it was written", () => {
    const filter = { source: "store" as const, reason: "disk is full" };
    expect(readLetterFilter(writeLetterFilter(filter))).toEqual(filter);
    expect(filterText(filter)).toBe("all dead letters of store whose reason has “disk is full”");
  });

  it("leaves out what makes no sense", () => {
    expect(readLetterFilter(new URLSearchParams("source=moon&reason=&label=cup"))).toEqual({});
    expect(filterText({})).toBe("all dead letters");
  });
});

describe("what became of dead letters", () => {
  it("is said in sentences", () => {
    expect(sentencesOf("replay", DONE)).toBe("2 dead letters are in the queues again.");
    expect(sentencesOf("dismiss", { ...DONE, done: 1, missing: 1 })).toBe(
      "1 dead letter is gone. 1 was not there any more.",
    );
    expect(sentencesOf("dismiss", { ...DONE, more: true })).toContain("More match: do it again for those.");
  });

  it("says each reason of a refusal once", () => {
    const refusals = ["it is malformed", "it is malformed", "it was too long"];
    expect(sentencesOf("replay", { ...DONE, done: 0, refused: 30, refusals })).toBe(
      "0 dead letters are in the queues again. 30 cannot be replayed: it is malformed; it was too long.",
    );
  });
});

it("a message is readable, whether it is JSON or not", () => {
  expect(readable('{"version":1,"images":[]}')).toBe('{\n  "version": 1,\n  "images": []\n}');
  expect(readable("no event")).toBe("no event");
});

it("many are asked for in parts, one after the other", async () => {
  const asked: number[] = [];
  const answers = await inParts(Array.from({ length: 1001 }), async (part) => asked.push(part.length));
  expect(asked).toEqual([500, 500, 1]);
  expect(answers).toEqual([1, 2, 3]);
});
