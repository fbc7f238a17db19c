/** A file on its way into the archive: what can happen to it, and what follows. */

import { type Entry, entryOf, type Result } from "../api/entries";
import type { Named } from "./choice";
import type { Version } from "./transport";

export type Phase =
  | { is: "queued" }
  | { is: "sending"; sent: number }
  /** It is tried again by itself after a while. */
  | { is: "delayed"; reason: string }
  | { is: "failed"; reason: string }
  | { is: "cancelled" }
  /** Storage has it, and the archive has no answer yet. */
  | { is: "stored"; version: Version }
  | { is: "answered"; entry: Entry; detail: string | null; isReplaced: boolean };

export interface Upload extends Named {
  readonly id: number;
  readonly phase: Phase;
}

export type Event =
  | { type: "sent"; bytes: number }
  | { type: "delayed"; reason: string }
  | { type: "failed"; reason: string }
  | { type: "cancelled" }
  | { type: "requeued" }
  | { type: "stored"; version: Version }
  | { type: "answered"; result: Result };

const UNSENT: Phase["is"][] = ["queued", "sending", "delayed"];
const SECOND_MS = 1000;

/** Whether something is still to be sent. */
export function isUnsent({ phase }: Upload): boolean {
  return UNSENT.includes(phase.is);
}

/** Whether it has ended without having reached storage, and can be tried again. */
export function isRepeatable({ phase }: Upload): boolean {
  return phase.is === "failed" || phase.is === "cancelled";
}

/** The phase after an event. What makes no sense in a phase, such as progress after cancelling, changes nothing. */
export function after(upload: Upload, event: Event): Phase {
  const { phase } = upload;
  if (event.type === "requeued") return isRepeatable(upload) ? { is: "queued" } : phase;
  if (event.type === "answered") {
    return phase.is === "stored" && isAnswerTo(phase.version, event.result)
      ? answered(phase.version, event.result)
      : phase;
  }
  if (!isUnsent(upload)) return phase;
  switch (event.type) {
    case "sent":
      return { is: "sending", sent: event.bytes };
    case "delayed":
      return { is: "delayed", reason: event.reason };
    case "failed":
      return { is: "failed", reason: event.reason };
    case "cancelled":
      return { is: "cancelled" };
    case "stored":
      return { is: "stored", version: event.version };
  }
}

/**
 * Whether a result is about this version of a picture, or about one that has replaced it since; and not about one that
 * had this name before.
 *
 * Without an etag, an earlier version that is no second older is taken for this one: storage tells no finer time.
 */
export function isAnswerTo(version: Version, { image }: Result): boolean {
  if (image.container !== version.container) return false;
  if (image.etag === version.etag) return true;
  const later = version.etag === null ? 0 : SECOND_MS;
  return Date.parse(image.uploaded_at) >= version.takenAt + later;
}

function answered(version: Version, result: Result): Phase {
  const isReplaced = version.etag !== null && result.image.etag !== version.etag;
  return { is: "answered", entry: entryOf(result), detail: result.detail ?? null, isReplaced };
}
