import type { Job } from "../src/api/jobs";

/** A job that runs over the whole container, but for what is said otherwise. */
export function job(parts: Partial<Job> = {}): Job {
  return {
    id: "0644a8b2c1d3e4-5f0c1b7a",
    state: "running",
    reason: null,
    input: { kind: "prefix", prefix: "" },
    model: "lite:1",
    mini_batch_size: 32,
    error_threshold: -1,
    max_retries: 3,
    again: false,
    from_embeddings: false,
    output: null,
    submitted_by: "anna",
    submitted_at: "2026-11-26T07:00:00Z",
    started_at: null,
    ended_at: null,
    counts: { classified: 0, skipped: 0, failed: 0, gone: 0 },
    total: null,
    images_per_minute: 0,
    estimated_end: null,
    ...parts,
  };
}
