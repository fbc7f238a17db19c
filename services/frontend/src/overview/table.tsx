import type { ReactNode } from "react";
import parts from "../parts/parts.module.css";
import styles from "./overview.module.css";

export interface Row {
  id: string;
  /** In the order of the columns. Numbers are written as people here write them. */
  cells: ReactNode[];
}

interface Props {
  caption: string;
  columns: string[];
  rows: Row[];
  /** How many of the first columns are texts; all others are numbers. */
  texts?: number;
}

/** A table whose first column names the rows. What does not fit can be scrolled to, also with keys. */
export function Table({ caption, columns, rows, texts = 1 }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: keys cannot scroll what cannot be focused
    <div role="group" aria-label={caption} tabIndex={0} className={styles.scroll}>
      <table className={styles.table}>
        <caption className={parts.hidden}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, place) => (
              <th key={column} scope="col" data-number={place >= texts}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, cells: [name, ...cells] }) => (
            <tr key={id}>
              <th scope="row">{name}</th>
              {cells.map((cell, place) => (
                <td key={columns[place + 1]} data-number={place + 1 >= texts}>
                  {typeof cell === "number" ? cell.toLocaleString() : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
