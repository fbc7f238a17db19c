import { Area, AreaChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import type { Schemas } from "../api/client";
import { X_AXIS, Y_AXIS } from "./axes";
import { Chart } from "./chart";
import { images, sum } from "./counting";
import styles from "./overview.module.css";
import { lastDay, type Rate, rounded } from "./rates";
import { Tip } from "./tip";

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const TICK_HOURS = 3;

interface Props {
  throughput: Schemas["Throughput"];
  /** When it was asked for. */
  at: number;
}

/** Images per minute over the last 24 hours. */
export function ThroughputChart({ throughput, at }: Props) {
  const rates = lastDay(throughput, at);
  if (sum(rates.map((rate) => rate.images)) === 0) return <p>No image was completed within these hours.</p>;
  const rows = rates
    .filter((rate) => rate.images > 0)
    .map((rate) => ({ id: String(rate.at), cells: [CLOCK.format(rate.at), rate.images, rounded(rate.perMinute)] }))
    .reverse();
  return (
    <Chart name="Images over the last 24 hours" columns={["From", "Images", "Per minute"]} rows={rows}>
      <AreaChart responsive data={rates} accessibilityLayer={false} className={styles.plot} margin={{ top: 8 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          {...X_AXIS}
          dataKey="at"
          type="number"
          domain={["dataMin", "dataMax"]}
          ticks={rates.map((rate) => rate.at).filter(isTick)}
          tickFormatter={(moment: number) => CLOCK.format(moment)}
        />
        <YAxis {...Y_AXIS} allowDecimals />
        <Tooltip isAnimationActive={false} content={({ payload }) => <Pointed rate={payload[0]?.payload} />} />
        <Area
          dataKey="perMinute"
          type="monotone"
          isAnimationActive={false}
          stroke="var(--accent)"
          strokeWidth={2}
          fill="var(--accent)"
          fillOpacity={0.18}
        />
      </AreaChart>
    </Chart>
  );
}

function Pointed({ rate }: { rate: Rate | undefined }) {
  if (!rate) return null;
  const entries = [{ name: images(rate.images), value: `${rounded(rate.perMinute)} per minute` }];
  return <Tip title={`From ${CLOCK.format(rate.at)}`} entries={entries} />;
}

function isTick(moment: number): boolean {
  const time = new Date(moment);
  return time.getMinutes() === 0 && time.getHours() % TICK_HOURS === 0;
}
