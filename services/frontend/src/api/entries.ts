/** The little that a gallery shows of an image: a hundred thousand of these are no burden, results in full would be. */

import type { Schemas } from "./client";

export type Result = Schemas["ResultDocument"];
export type Name = Schemas["ImageName"];

export interface Entry extends Name {
  etag: string;
  outcome: Schemas["Outcome"];
  reason: Schemas["Reason"] | null;
  label: string | null;
  score: number | null;
  uncertainty: number | null;
  /** What a person says that it shows. */
  reviewed: string | null;
  completedAt: string;
}

export function entryOf(result: Result): Entry {
  return {
    container: result.image.container,
    blob: result.image.blob,
    etag: result.image.etag,
    outcome: result.outcome,
    reason: result.reason ?? null,
    label: result.label,
    score: result.score,
    uncertainty: result.uncertainty,
    reviewed: result.review?.label ?? null,
    completedAt: result.completed_at,
  };
}

/** What each reviewer said last. Documents of earlier versions have only one review. */
export function wordsOf(result: Result): readonly Schemas["Review"][] {
  if (result.reviews?.length) return result.reviews;
  return result.review ? [result.review] : [];
}

/** The same for every version of an image, and different for any two images. */
export function keyOf(name: Name): string {
  return `${name.container}/${name.blob}`;
}

/** The address of an image's page. */
export function pageOf(name: Name): string {
  return `/image?${new URLSearchParams({ container: name.container, blob: name.blob })}`;
}

/** The last part of a blob's name, which people know it by. */
export function fileName(blob: string): string {
  return blob.slice(blob.lastIndexOf("/") + 1) || blob;
}
