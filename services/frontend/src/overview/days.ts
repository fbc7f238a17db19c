/** Labels over time: what was counted by day, made ready to be stacked. */

import type { Schemas } from "../api/client";
import { ranked } from "../api/counts";
import { sum } from "./counting";

const DAY_MS = 24 * 60 * 60_000;

/** The classified images of a day. */
export interface LabelDay {
  /** In UTC, as 2026-11-22. */
  day: string;
  /** How many images have each of the top labels, in their order. */
  images: number[];
  /** How many have any other label. */
  other: number;
}

export interface LabelsOverTime {
  /** The most frequent first. */
  labels: string[];
  days: LabelDay[];
}

/** Every day from the first to the last, also those on which nothing was completed. */
export function labelsOverTime(statistics: Schemas["Statistics"]): LabelsOverTime {
  const labels = ranked(statistics.labels).map(([label]) => label);
  const counted = new Map(statistics.days.map((day) => [day.day, day]));
  const days = daysBetween(statistics.since, statistics.until).map((day) => {
    const images = labels.map((label) => counted.get(day)?.labels[label] ?? 0);
    const classified = counted.get(day)?.outcomes.classified ?? 0;
    return { day, images, other: classified - sum(images) };
  });
  return { labels, days };
}

function daysBetween(since: string, until: string): string[] {
  const begin = Date.parse(since);
  return Array.from({ length: (Date.parse(until) - begin) / DAY_MS }, (_, place) => dayOf(begin + place * DAY_MS));
}

/** The days to ask for: so many, of which today is the last. */
export function lastDays(count: number, now: number): { since: string; until: string } {
  return { since: dayOf(now - (count - 1) * DAY_MS), until: dayOf(now + DAY_MS) };
}

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, "2026-11-22".length);
}
