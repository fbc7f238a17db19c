import type { Result } from "../src/api/entries";
import type { Named } from "../src/upload/choice";

export const NOON = Date.parse("2026-11-22T12:00:00Z");

/** A file of as many bytes. */
export function file(blob: string, size = 10): Named {
  return { blob, file: new File([new Uint8Array(size)], blob) };
}

/** What the archive says of a version of a picture. */
export function result(blob: string, etag: string, uploadedAt = NOON, changes: Partial<Result> = {}): Result {
  return {
    image: {
      account: "account",
      container: "images",
      blob,
      etag,
      sequencer: "01",
      uploaded_at: new Date(uploadedAt).toISOString(),
      id: blob,
    },
    outcome: "classified",
    label: "cat",
    score: 0.9,
    uncertainty: 0.1,
    reviews: [],
    conflict: false,
    predictions: [{ label: "cat", score: 0.9 }],
    timings_ms: { queued: 0, fetch: 0, decode: 0, inference: 0 },
    from_embedding: false,
    completed_at: new Date(uploadedAt).toISOString(),
    ...changes,
  };
}
