import { describe, expect, test } from "vitest";
import { ApiProblem, isSignedOut, isTransient, sentence, Unreachable } from "../src/api/problem";

describe("what went wrong", () => {
  test("is what the API says", async () => {
    const body = { title: "…", status: 409, detail: "a.jpg has another version by now: look at it again" };
    const problem = await ApiProblem.of(Response.json(body, { status: 409 }));
    expect(sentence(problem)).toBe("A.jpg has another version by now: look at it again.");
    expect(isTransient(problem)).toBe(false);
  });

  test("is said also when a proxy answers with a page", async () => {
    const problem = await ApiProblem.of(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
    expect(sentence(problem)).toBe("Bad Gateway.");
  });

  test("says when to try again", async () => {
    const answer = Response.json({ detail: "too many" }, { status: 429, headers: { "Retry-After": "7" } });
    const problem = await ApiProblem.of(answer);
    expect(sentence(problem)).toContain("try again in 7 seconds");
    expect(isTransient(problem)).toBe(true);
  });

  test("tells who is signed out from who may not", () => {
    expect(isSignedOut(new ApiProblem(401, "unknown key"))).toBe(true);
    expect(isSignedOut(new ApiProblem(403, "line-3 lacks the scope review"))).toBe(false);
    expect(sentence(new ApiProblem(403, "line-3 lacks the scope review"))).toContain("line-3 lacks the scope review");
  });

  test("is no programmer's word when nobody answers", () => {
    expect(sentence(new Unreachable("Failed to fetch"))).toMatch(/^Loupe does not answer/);
    expect(isTransient(new Unreachable("Failed to fetch"))).toBe(true);
  });
});
