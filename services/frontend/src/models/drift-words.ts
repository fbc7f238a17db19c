/** Drift in words. */

import type { DriftFigure, DriftReport, Share } from "../api/drift";
import { percent } from "../parts/score";

const DIGITS = 2;
const SMALLEST = 0.0001;
const LEAST_CHANGE = 0.01;
const MOST_LABELS = 5;

/** What follows from the figures, in a sentence. */
export function verdictText({ verdict, reference }: DriftReport): string {
  const others = reference === "archive" ? "those of the days before" : "those that the model was trained for";
  if (verdict === "drift") return `The images of the last days differ from ${others}.`;
  if (verdict === "steady") return `The images of the last days are such as ${others}.`;
  return "Nothing can be said of the images of the last days yet.";
}

/** An aspect, with its figures or why there are none. */
export function figureText({ verdict, psi, p_value, images, note }: DriftFigure): string {
  if (psi == null || p_value == null) return note ?? verdict;
  const chance = p_value < SMALLEST ? `p < ${SMALLEST}` : `p = ${Number(p_value.toPrecision(DIGITS))}`;
  return `${verdict} · PSI ${psi.toFixed(DIGITS)} · ${chance} · ${images.toLocaleString()} images`;
}

/** The labels whose shares have changed, as far as one would notice. */
export function changedLabels(figures: readonly DriftFigure[]): string[] {
  const labels = figures.find((figure) => figure.aspect === "labels");
  return (labels?.shares ?? [])
    .filter(({ reference, window }) => Math.abs(reference - window) >= LEAST_CHANGE)
    .slice(0, MOST_LABELS)
    .map(shareText);
}

function shareText({ name, reference, window }: Share): string {
  return `${name}: ${percent(reference)} → ${percent(window)}`;
}
