import { expect, test, vi } from "vitest";
import { UploadStore } from "../src/upload/store";
import { announcement, totalsOf } from "../src/upload/totals";
import { after, isAnswerTo, type Phase, type Upload } from "../src/upload/upload";
import { file, NOON, result } from "./upload-results";

const VERSION = { container: "images", etag: "0x2", takenAt: NOON };

const upload = (phase: Phase): Upload => ({ id: 1, ...file("a.jpg"), phase });

test("progress after cancelling changes nothing", () => {
  const cancelled = upload({ is: "cancelled" });
  expect(after(cancelled, { type: "sent", bytes: 5 })).toBe(cancelled.phase);
  expect(after(cancelled, { type: "stored", version: VERSION })).toBe(cancelled.phase);
  expect(after(cancelled, { type: "requeued" })).toEqual({ is: "queued" });
});

test("what storage has can neither be cancelled nor sent again", () => {
  const stored = upload({ is: "stored", version: VERSION });
  expect(after(stored, { type: "cancelled" })).toBe(stored.phase);
  expect(after(stored, { type: "requeued" })).toBe(stored.phase);
});

test("an answer to the version that had the name before is not taken", () => {
  const stored = upload({ is: "stored", version: VERSION });
  expect(after(stored, { type: "answered", result: result("a.jpg", "0x1", NOON + 900) })).toBe(stored.phase);
  expect(after(stored, { type: "answered", result: result("a.jpg", "0x2") })).toMatchObject({
    is: "answered",
    entry: { label: "cat" },
    isReplaced: false,
  });
});

test("an answer to a version that has replaced it ends the waiting", () => {
  const stored = upload({ is: "stored", version: VERSION });
  const later = result("a.jpg", "0x3", NOON + 1000);
  expect(after(stored, { type: "answered", result: later })).toMatchObject({ is: "answered", isReplaced: true });
});

test("without an etag, the time at which storage took it decides", () => {
  const version = { ...VERSION, etag: null };
  expect(isAnswerTo(version, result("a.jpg", "0x1", NOON - 1))).toBe(false);
  expect(isAnswerTo(version, result("a.jpg", "0x2", NOON + 1))).toBe(true);
  expect(isAnswerTo({ ...version, container: "others" }, result("a.jpg", "0x2", NOON + 1))).toBe(false);
});

test("why a picture was rejected is kept", () => {
  const store = drawn().store;
  const id = store.add([file("a.jpg")]).added[0] ?? 0;
  store.dispatch(id, { type: "stored", version: VERSION });
  const rejected = { outcome: "rejected", reason: "truncated", detail: "it ends too early", label: null } as const;
  store.answer([result("b.jpg", "0x2"), result("a.jpg", "0x2", NOON, rejected)]);
  expect(store.get(id)?.phase).toMatchObject({ is: "answered", detail: "it ends too early" });
  expect(totalsOf(store.all())).toMatchObject({ answered: 1, rejected: 1 });
});

test("a file takes the place of an upload of the same name", () => {
  const { store } = drawn();
  const first = store.add([file("a.jpg"), file("b.jpg")]);
  const second = store.add([file("a.jpg")]);
  expect(second.replaced).toEqual([first.added[0]]);
  expect(store.all().map(({ blob }) => blob)).toEqual(["b.jpg", "a.jpg"]);
});

test("listeners are told once of all that happens before something is drawn", () => {
  const { store, draw } = drawn();
  const listener = vi.fn();
  store.subscribe(listener);
  const before = store.snapshot();
  const { added } = store.add([file("a.jpg", 100), file("b.jpg", 100)]);
  for (const id of added) store.dispatch(id, { type: "sent", bytes: 40 });
  expect(listener).not.toHaveBeenCalled();
  expect(store.snapshot()).toBe(before);
  draw();
  expect(listener).toHaveBeenCalledOnce();
  expect(store.snapshot().totals).toMatchObject({ uploads: 2, unsent: 2, bytes: 200, sentBytes: 80 });
  draw();
  expect(listener).toHaveBeenCalledOnce();
});

test("bytes of what has failed do not count", () => {
  const all = [
    upload({ is: "failed", reason: "" }),
    upload({ is: "cancelled" }),
    upload({ is: "queued" }),
    upload({ is: "stored", version: VERSION }),
  ];
  expect(totalsOf(all)).toMatchObject({ bytes: 20, sentBytes: 10, failed: 1, cancelled: 1, unsent: 1, stored: 1 });
});

test("screen readers are told of stages", () => {
  const said = (...phases: Phase[]) => announcement(totalsOf(phases.map(upload)));
  expect(said()).toBe("");
  expect(said({ is: "queued" }, { is: "sending", sent: 1 })).toBe(said({ is: "sending", sent: 9 }, { is: "queued" }));
  expect(said({ is: "stored", version: VERSION }, { is: "failed", reason: "" })).toBe(
    "All uploads have ended, some have failed. Answers follow.",
  );
});

/** A store, and what is drawn after it has changed. */
function drawn() {
  let waiting: (() => void)[] = [];
  const store = new UploadStore((tell) => waiting.push(tell));
  const draw = () => {
    const now = waiting;
    waiting = [];
    for (const tell of now) tell();
  };
  return { store, draw };
}
