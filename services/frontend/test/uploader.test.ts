import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiProblem, Unreachable } from "../src/api/problem";
import { StorageProblem, StorageUnreachable } from "../src/upload/problems";
import { UploadStore } from "../src/upload/store";
import type { Link, Transport, Version } from "../src/upload/transport";
import { Uploader } from "../src/upload/uploader";
import { file, NOON } from "./upload-results";

const HOUR_MS = 3_600_000;
const MANY = Array.from({ length: 1000 }, (_, number) => file(`${number}.jpg`));

/** A request that has arrived at storage and is not answered yet. */
interface Put {
  name: string;
  link: Link;
  onSent(bytes: number): void;
  signal: AbortSignal;
  take(): void;
  fail(error: unknown): void;
}

class FakeTransport implements Transport {
  asked: string[][] = [];
  puts: Put[] = [];
  /** For how long links are valid by the clock of this machine, in milliseconds. */
  validity = HOUR_MS;
  /** Instead of links, as often as there are some. */
  problems: unknown[] = [];

  async links(blobs: string[]): Promise<Link[]> {
    this.asked.push(blobs);
    if (this.problems.length) throw this.problems.shift();
    const expiresAt = Date.now() + this.validity;
    return blobs.map((blob) => ({ url: `${blob}?${this.asked.length}`, container: "images", headers: {}, expiresAt }));
  }

  put(link: Link, { name }: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Version> {
    return new Promise((resolve, reject) => {
      const take = () => resolve({ container: "images", etag: `of ${name}`, takenAt: NOON });
      signal.addEventListener("abort", () => reject(signal.reason));
      this.puts.push({ name, link, onSent, signal, take, fail: reject });
    });
  }

  putOf(name: string): Put {
    const put = this.puts.findLast((one) => one.name === name);
    if (!put) throw new Error(`nothing was sent for ${name}`);
    return put;
  }
}

let transport: FakeTransport;
let store: UploadStore;
let uploader: Uploader;

beforeEach(() => {
  vi.useFakeTimers();
  transport = new FakeTransport();
  store = new UploadStore((tell) => tell());
  uploader = new Uploader(store, transport);
});

afterEach(() => {
  vi.useRealTimers();
});

const settled = () => vi.advanceTimersByTimeAsync(0);
const phases = () => store.all().map(({ phase }) => phase.is);
const only = () => store.all()[0]?.phase;

async function add(...names: string[]): Promise<number[]> {
  uploader.add(names.map((name) => file(name)));
  await settled();
  return store.all().map(({ id }) => id);
}

test("four at a time, in order", async () => {
  await add("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg");
  expect(transport.puts.map(({ name }) => name)).toEqual(["a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
  expect(uploader.isBusy).toBe(true);
  transport.putOf("b.jpg").take();
  await settled();
  expect(transport.puts.map(({ name }) => name).slice(4)).toEqual(["e.jpg"]);
  expect(phases()).toEqual(["sending", "stored", "sending", "sending", "sending", "queued"]);
});

test("progress is noted, and what storage has taken", async () => {
  await add("a.jpg");
  transport.putOf("a.jpg").onSent(7);
  expect(only()).toEqual({ is: "sending", sent: 7 });
  transport.putOf("a.jpg").take();
  await settled();
  expect(only()).toMatchObject({ is: "stored", version: { etag: "of a.jpg" } });
  expect(uploader.isBusy).toBe(false);
});

test("links are asked for by the hundred, and only when they are needed", async () => {
  uploader.add(MANY);
  await settled();
  expect(transport.asked.map((blobs) => blobs.length)).toEqual([200]);
  for (let done = 0; done < 197; done++) {
    transport.puts[done]?.take();
    await settled();
  }
  expect(transport.asked.map((blobs) => blobs.length)).toEqual([200, 200]);
  expect(transport.asked[1]?.[0]).toBe("200.jpg");
});

test("a link that is about to expire is not used", async () => {
  await add("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg");
  vi.setSystemTime(Date.now() + HOUR_MS - 1000);
  transport.putOf("a.jpg").take();
  await settled();
  expect(transport.putOf("e.jpg").link.url).toBe("e.jpg?2");
});

test("a clock that is an hour ahead keeps nothing from being uploaded", async () => {
  transport.validity = 0;
  await add("a.jpg", "b.jpg");
  expect(phases()).toEqual(["sending", "sending"]);
});

test("a refused link is replaced once, by itself", async () => {
  await add("a.jpg");
  transport.putOf("a.jpg").fail(new StorageProblem(403));
  await settled();
  expect(transport.puts.map(({ link }) => link.url)).toEqual(["a.jpg?1", "a.jpg?2"]);
  transport.putOf("a.jpg").fail(new StorageProblem(403));
  await settled();
  expect(only()).toMatchObject({ is: "failed", reason: expect.stringContaining("Storage refuses the upload") });
});

test("what may succeed a moment later is tried again, after ever longer times", async () => {
  await add("a.jpg");
  for (const delay of [500, 1000, 2000, 4000]) {
    const before = transport.puts.length;
    transport.putOf("a.jpg").fail(new StorageUnreachable());
    await settled();
    expect(only()?.is).toBe("delayed");
    await vi.advanceTimersByTimeAsync(delay - 1);
    expect(transport.puts).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.puts).toHaveLength(before + 1);
  }
  transport.putOf("a.jpg").fail(new StorageUnreachable());
  await settled();
  expect(only()).toEqual({
    is: "failed",
    reason: "Storage does not answer: check your connection.",
  });
});

test("an API that does not answer, or cannot now, is asked again", async () => {
  transport.problems = [new Unreachable(), new ApiProblem(503, "storage", 3)];
  await add("a.jpg");
  expect(only()?.is).toBe("delayed");
  await vi.advanceTimersByTimeAsync(500);
  expect(transport.asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2999);
  expect(transport.asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(only()?.is).toBe("sending");
});

test("what cannot succeed fails at once, and the others go on", async () => {
  const [id = 0] = await add("a.jpg", "b.jpg");
  transport.putOf("a.jpg").fail(new StorageProblem(413));
  await settled();
  expect(store.get(id)?.phase).toEqual({ is: "failed", reason: "The file is too large for storage." });
  transport.putOf("b.jpg").take();
  await settled();
  expect(phases()).toEqual(["failed", "stored"]);
});

test("what has failed can be tried again", async () => {
  const ids = await add("a.jpg");
  transport.putOf("a.jpg").fail(new StorageProblem(400));
  await settled();
  uploader.retry(ids);
  await settled();
  transport.putOf("a.jpg").take();
  await settled();
  expect(phases()).toEqual(["stored"]);
});

test("a cancelled upload stops, and another takes its turn", async () => {
  const [first = 0, ...others] = await add("a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg");
  uploader.cancel([first, others[3] ?? 0]);
  await settled();
  expect(transport.putOf("a.jpg").signal.aborted).toBe(true);
  expect(phases()).toEqual(["cancelled", "sending", "sending", "sending", "cancelled", "sending"]);
});

test("after cancelling all, nothing is sent any more; and everything can be tried again", async () => {
  uploader.add(MANY);
  await settled();
  uploader.cancelAll();
  await settled();
  expect(new Set(phases())).toEqual(new Set(["cancelled"]));
  expect(uploader.isBusy).toBe(false);
  expect(transport.puts).toHaveLength(4);
  uploader.retryAll();
  await settled();
  expect(transport.puts).toHaveLength(8);
  expect(phases().filter((phase) => phase === "queued")).toHaveLength(996);
});

test("a delayed upload can be cancelled", async () => {
  const ids = await add("a.jpg");
  transport.putOf("a.jpg").fail(new StorageUnreachable());
  await settled();
  uploader.cancel(ids);
  await vi.runAllTimersAsync();
  expect(phases()).toEqual(["cancelled"]);
  expect(transport.puts).toHaveLength(1);
});

test("a file stops the upload of another that had its name", async () => {
  await add("a.jpg");
  await add("a.jpg");
  expect(transport.puts.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  transport.putOf("a.jpg").take();
  await settled();
  expect(phases()).toEqual(["stored"]);
});

test("what has ended can be forgotten", async () => {
  await add("a.jpg", "b.jpg", "c.jpg");
  transport.putOf("a.jpg").take();
  transport.putOf("b.jpg").fail(new StorageProblem(400));
  await settled();
  uploader.clear();
  expect(store.all().map(({ blob }) => blob)).toEqual(["a.jpg", "c.jpg"]);
});
