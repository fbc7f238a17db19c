import type { ReactNode } from "react";
import parts from "../parts/parts.module.css";
import styles from "./overview.module.css";
import { type Row, Table } from "./table";

interface Props {
  /** What it shows, for those who ask for the numbers. */
  name: string;
  columns: string[];
  rows: Row[];
  /** The drawing. */
  children: ReactNode;
}

/** A drawing, and its numbers for those who cannot see it, have no mouse, or want to know them exactly. */
export function Chart({ name, columns, rows, children }: Props) {
  return (
    <figure className={styles.chart}>
      <div aria-hidden>{children}</div>
      <details>
        <summary>
          Show the numbers<span className={parts.hidden}>: {name}</span>
        </summary>
        <Table caption={name} columns={columns} rows={rows} />
      </details>
    </figure>
  );
}
