/** Images per minute, from what was counted in slots of some minutes. */

import type { Schemas } from "../api/client";
import { sum } from "./counting";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const SLOTS_OF_NOW = 2;
const SLOW = 10;

/** A slot of the last 24 hours. */
export interface Rate {
  /** When it began, in milliseconds. */
  at: number;
  images: number;
  perMinute: number;
}

/**
 * The slots of the last 24 hours, also those in which nothing was completed.
 *
 * In the slot that has not ended, the minutes that it has had so far count: at least one, so that the first images of a
 * slot do not look like a flood.
 */
export function lastDay({ minutes, slots }: Schemas["Throughput"], now: number): Rate[] {
  const slotMs = minutes * MINUTE_MS;
  const counted = new Map(slots.map((slot) => [Date.parse(slot.at), slot.images]));
  const newest = Math.floor(now / slotMs) * slotMs;
  const first = newest - DAY_MS + slotMs;
  return Array.from({ length: DAY_MS / slotMs }, (_, place) => {
    const at = first + place * slotMs;
    const images = counted.get(at) ?? 0;
    return { at, images, perMinute: images / Math.min(minutes, Math.max(1, (now - at) / MINUTE_MS)) };
  });
}

/** Images per minute now: of the newest slot and the one before it, and how many minutes these have had so far. */
export function rateNow(rates: Rate[], now: number): { perMinute: number; minutes: number } {
  const newest = rates.slice(-SLOTS_OF_NOW);
  const images = sum(newest.map((rate) => rate.images));
  const minutes = (now - (newest[0]?.at ?? now)) / MINUTE_MS;
  return { perMinute: images ? images / minutes : 0, minutes: Math.round(minutes) };
}

/** A rate as people read it: slow ones with a decimal. */
export function rounded(rate: number): string {
  return rate.toLocaleString(undefined, { maximumFractionDigits: rate < SLOW ? 1 : 0 });
}
