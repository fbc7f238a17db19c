/** Models and releases in words. */

import type { Release } from "../api/models";
import { percent } from "../parts/score";

/** What a version does in a release. */
export type Part = "serves" | "canary" | "looks on" | "before" | null;

export function partOf(version: number, release: Release | null | undefined): Part {
  if (!release) return null;
  if (version === release.serving) return "serves";
  if (version === release.canary?.version) return "canary";
  if (release.shadows.includes(version)) return "looks on";
  return version === release.previous ? "before" : null;
}

/** Which versions answer, in a sentence. */
export function releaseText(release: Release | null | undefined): string {
  if (!release) return "No version was promoted yet";
  const parts = [`Version ${release.serving} serves`];
  if (release.canary) parts.push(`${release.canary.version} answers for ${percent(release.canary.share)}`);
  if (release.shadows.length > 0) parts.push(`looking on: ${release.shadows.join(", ")}`);
  return parts.join(" · ");
}

/** The part of the whole that somebody has written in percent; null if it is none. */
export function shareOf(text: string): number | null {
  const number = Number(text.trim().replace(/\s*%$/, "").replace(",", "."));
  return text.trim() !== "" && number > 0 && number < 100 ? number / 100 : null;
}
