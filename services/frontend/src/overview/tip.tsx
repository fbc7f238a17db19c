import styles from "./overview.module.css";

export interface TipEntry {
  name: string;
  value: string;
  /** Which of the chart's colours it has, if there are several. */
  series?: string;
}

/** What a chart says of the place at which somebody points. */
export function Tip({ title, entries }: { title: string; entries: TipEntry[] }) {
  return (
    <div className={styles.tip}>
      <strong>{title}</strong>
      <dl>
        {entries.map(({ name, value, series }) => (
          <div key={name}>
            <dt data-series={series}>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
