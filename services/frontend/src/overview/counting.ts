/** Sums, ranks and shares of what was counted. */

const PERCENT = 100;
const LEAST = 0.1;

export function sum(counts: readonly number[]): number {
  return counts.reduce((one, other) => one + other, 0);
}

/** A share in percent: none only if it is none, all only if it is all, and a dash of nothing. */
export function share(part: number, whole: number): string {
  if (whole === 0) return "–";
  const percent = (PERCENT * part) / whole;
  if (part > 0 && percent < LEAST) return `< ${LEAST.toLocaleString()} %`;
  if (part < whole && percent > PERCENT - LEAST) return `> ${(PERCENT - LEAST).toLocaleString()} %`;
  return `${percent.toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}

/** One image, or many. */
export function images(count: number): string {
  return `${count.toLocaleString()} ${count === 1 ? "image" : "images"}`;
}
