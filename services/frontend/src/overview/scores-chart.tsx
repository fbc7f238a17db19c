import { Link } from "react-router";
import { Bar, BarChart, type BarShapeProps, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import type { Schemas } from "../api/client";
import type { CountFilter } from "../api/counts";
import { percent } from "../parts/score";
import { X_AXIS, Y_AXIS } from "./axes";
import { type Bin, binsOf, scoresOf } from "./bins";
import { Chart } from "./chart";
import { images, sum } from "./counting";
import styles from "./overview.module.css";
import { Tip } from "./tip";
import { beginOf, imagesOf } from "./view";

/** So many bins have no text under them, after each that has one. */
const SKIPPED = 3;

interface Props {
  statistics: Schemas["Statistics"];
  filter: CountFilter;
}

/** How sure the model was. */
export function ScoresChart({ statistics, filter }: Props) {
  if (sum(statistics.scores) === 0) return <p>No image was classified within these days.</p>;
  const bins = binsOf(statistics.scores);
  const address = (bin: Bin) => imagesOf({ ...filter, ...scoresOf(bin), since: beginOf(statistics.since) });
  return (
    <Chart
      name="Images by score"
      columns={["Score", "Images"]}
      rows={bins.map((bin) => ({
        id: String(bin.from),
        cells: [<Scores key="scores" bin={bin} to={address(bin)} />, bin.images],
      }))}
    >
      <BarChart responsive data={bins} accessibilityLayer={false} className={styles.plot} margin={{ top: 8 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis {...X_AXIS} dataKey="from" interval={SKIPPED} tickFormatter={percent} />
        <YAxis {...Y_AXIS} />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: "var(--accent-soft)" }}
          content={({ payload }) => <Pointed bin={payload[0]?.payload} />}
        />
        <Bar
          dataKey="images"
          isAnimationActive={false}
          shape={(shape: BarShapeProps) => <LinkedBar {...shape} to={address(shape.payload)} />}
        />
      </BarChart>
    </Chart>
  );
}

/** A bar that leads to its images, and can be hit however low it is. Keys find the same link among the numbers. */
function LinkedBar({ to, x, y, width, height, background }: BarShapeProps & { to: string }) {
  return (
    <Link to={to} tabIndex={-1} className={styles.linked}>
      <rect x={x} y={background?.y ?? y} width={width} height={background?.height} fill="transparent" />
      <rect x={x} y={y} width={width} height={height} fill="var(--accent)" />
    </Link>
  );
}

/** The scores of a bin, which lead to its images if it has some. */
function Scores({ bin, to }: { bin: Bin; to: string }) {
  return bin.images > 0 ? <Link to={to}>{rangeOf(bin)}</Link> : rangeOf(bin);
}

function Pointed({ bin }: { bin: Bin | undefined }) {
  return bin ? <Tip title={rangeOf(bin)} entries={[{ name: images(bin.images), value: "" }]} /> : null;
}

function rangeOf({ from, to }: Bin): string {
  return `${percent(from)} – ${percent(to)}`;
}
