/** How all axes look. */

const TICK = { fill: "var(--muted)", fontSize: 12 };
const LEAST_GAP_PX = 16;

export const X_AXIS = {
  tick: TICK,
  tickLine: false,
  stroke: "var(--line)",
  minTickGap: LEAST_GAP_PX,
} as const;

export const Y_AXIS = {
  tick: TICK,
  tickLine: false,
  axisLine: false,
  width: "auto",
  allowDecimals: false,
  tickFormatter: (value: number) => value.toLocaleString(),
} as const;
