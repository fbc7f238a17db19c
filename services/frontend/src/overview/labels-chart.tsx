import { Link } from "react-router";
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import type { Schemas } from "../api/client";
import type { CountFilter } from "../api/counts";
import { X_AXIS, Y_AXIS } from "./axes";
import { Chart } from "./chart";
import { sum } from "./counting";
import { type LabelDay, labelsOverTime } from "./days";
import styles from "./overview.module.css";
import { Tip } from "./tip";
import { beginOf, imagesOf } from "./view";

const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const OTHER = "other";

interface Props {
  statistics: Schemas["Statistics"];
  filter: CountFilter;
}

/** How many images have which label, day by day. */
export function LabelsChart({ statistics, filter }: Props) {
  const { labels, days } = labelsOverTime(statistics);
  if (!labels.length) return <p>No image was classified within these days.</p>;
  const hasOther = sum(days.map((day) => day.other)) > 0;
  const since = beginOf(statistics.since);
  return (
    <>
      <ul aria-label="Labels of these days" className={styles.legend}>
        {labels.map((label, place) => (
          <li key={label} data-series={place}>
            <Link to={imagesOf({ ...filter, label, since })}>{label}</Link>
          </li>
        ))}
        {hasOther && <li data-series={OTHER}>other labels</li>}
      </ul>
      <Chart
        name="Images by day and label"
        columns={["Day (UTC)", ...labels, ...(hasOther ? ["other labels"] : [])]}
        rows={days
          .map((day) => ({ id: day.day, cells: [dayText(day.day), ...day.images, ...(hasOther ? [day.other] : [])] }))
          .reverse()}
      >
        <BarChart responsive data={days} accessibilityLayer={false} className={styles.plot} margin={{ top: 8 }}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis {...X_AXIS} dataKey="day" tickFormatter={dayText} />
          <YAxis {...Y_AXIS} />
          <Tooltip
            isAnimationActive={false}
            cursor={{ fill: "var(--accent-soft)" }}
            content={({ payload }) => <Pointed day={payload[0]?.payload} labels={labels} />}
          />
          {labels.map((label, place) => (
            <Bar
              key={label}
              stackId="labels"
              isAnimationActive={false}
              dataKey={(day: LabelDay) => day.images[place]}
              fill={`var(--series-${place})`}
            />
          ))}
          <Bar stackId="labels" isAnimationActive={false} dataKey="other" fill="var(--series-other)" />
        </BarChart>
      </Chart>
    </>
  );
}

function Pointed({ day, labels }: { day: LabelDay | undefined; labels: string[] }) {
  if (!day) return null;
  const entries = labels.map((name, place) => ({ name, count: day.images[place] ?? 0, series: String(place) }));
  entries.push({ name: "other labels", count: day.other, series: OTHER });
  const shown = entries.filter(({ count }) => count > 0).reverse(); // as they are stacked
  return (
    <Tip
      title={dayText(day.day)}
      entries={shown.map(({ count, ...entry }) => ({ ...entry, value: count.toLocaleString() }))}
    />
  );
}

function dayText(day: string): string {
  return DAY.format(Date.parse(day));
}
