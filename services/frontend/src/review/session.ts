/**
 * The name under which a page is given images.
 *
 * It lives in memory. The tab's storage would keep it over a reload, but a duplicated tab begins with a copy of that, and
 * two people would look at the same images. A page that is left gives its images back, so nothing waits for the name.
 */

import { api } from "../api/client";
import type { Name } from "../api/entries";

/** A request that outlives its page may have 64 KiB. What does not fit is free when the claim runs out. */
const GIVEN_BACK = 200;

/** Not `crypto.randomUUID`, which pages have only if they come over HTTPS or from this machine. */
export function drawSession(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
}

/** Let others have images. Safe while the page ends. */
export function giveBack(session: string, names: Name[]): void {
  if (!names.length) return;
  const body = { session, images: names.slice(0, GIVEN_BACK) };
  void api.POST("/v1/review-queue/release", { body, keepalive: true }).catch(() => {
    // The claims run out by themselves.
  });
}
