import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const asked: { path: string; lastId: string | null }[] = [];
const answers: (Response | Error)[] = [];

vi.mock("../src/api/client", () => ({
  open: async (path: string, init: RequestInit) => {
    asked.push({ path, lastId: new Headers(init.headers).get("Last-Event-ID") });
    const answer = answers.shift();
    if (answer === undefined) return new Promise(() => {});
    if (answer instanceof Error) throw answer;
    return answer;
  },
}));

const { follow } = await import("../src/api/stream");
const { ApiProblem } = await import("../src/api/problem");

const stream = (text: string) => new Response(text, { headers: { "Content-Type": "text/event-stream" } });
const event = (id: string, blob: string) => `id: ${id}\nevent: image\ndata: ${JSON.stringify({ blob })}\n\n`;

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  answers.length = 0;
});
afterEach(() => vi.useRealTimers());

function listen() {
  const stop = new AbortController();
  const heard = { images: [] as unknown[][], jobs: [] as unknown[], reloads: 0, live: [] as boolean[] };
  const done = follow(
    { prefix: "line 3/", label: undefined },
    {
      onImages: (images) => heard.images.push(images),
      onJob: (job) => heard.jobs.push(job),
      onReload: () => {
        heard.reloads += 1;
      },
      onLive: (isLive) => heard.live.push(isLive),
    },
    stop.signal,
  );
  return { stop, heard, done };
}

describe("following the archive", () => {
  test("images that come together are told of at once", async () => {
    answers.push(stream(event("1-0", "a") + event("2-0", "b")));
    const { stop, heard } = listen();
    await vi.advanceTimersByTimeAsync(100);
    expect(heard.images).toEqual([[{ blob: "a" }, { blob: "b" }]]);
    expect(asked[0]?.path).toBe("/v1/stream?prefix=line+3%2F");
    stop.abort();
  });

  test("after a broken connection it goes on where it was, later and later", async () => {
    answers.push(stream(event("1-0", "a")), new Error("broken"), new Error("broken"));
    const { stop, heard } = listen();
    await vi.advanceTimersByTimeAsync(499);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2);
    expect(asked[1]?.lastId).toBe("1-0");
    await vi.advanceTimersByTimeAsync(1000);
    await vi.advanceTimersByTimeAsync(1998);
    expect(asked).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(3);
    expect(asked).toHaveLength(4);
    expect(heard.live.slice(0, 2)).toEqual([true, false]);
    stop.abort();
  });

  test("jobs are told of one by one", async () => {
    answers.push(stream(`id: 1-0\nevent: job\ndata: {"id":"a"}\n\n${event("2-0", "b")}`));
    const { stop, heard } = listen();
    await vi.advanceTimersByTimeAsync(100);
    expect(heard.jobs).toEqual([{ id: "a" }]);
    expect(heard.images).toEqual([[{ blob: "b" }]]);
    stop.abort();
  });

  test("what was missed is told", async () => {
    answers.push(stream("id: 5-0\nevent: reload\ndata: {}\n\n"));
    const { stop, heard } = listen();
    await vi.advanceTimersByTimeAsync(100);
    expect(heard.reloads).toBe(1);
    stop.abort();
  });

  test("it ends when nobody is signed in any more", async () => {
    answers.push(new ApiProblem(401, "the API key is unknown"));
    const { done } = listen();
    await done;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
  });

  test("it ends when nobody listens any more", async () => {
    answers.push(stream(event("1-0", "a")));
    const { stop, heard, done } = listen();
    await vi.advanceTimersByTimeAsync(10);
    stop.abort();
    await done;
    await vi.advanceTimersByTimeAsync(1000);
    expect(heard.images).toEqual([]);
  });
});
