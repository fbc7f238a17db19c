import { type ReactNode, useId } from "react";
import styles from "./overview.module.css";

interface Props {
  title: string;
  /** What it shows, where the title does not say it all. */
  note?: string;
  /** How much of the page's width it takes. */
  width?: "third" | "twoThirds" | "full";
  children: ReactNode;
}

/** A part of the page, under its title. */
export function Panel({ title, note, width = "full", children }: Props) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={`${styles.panel} ${styles[width]}`}>
      <header>
        <h2 id={id}>{title}</h2>
        {note && <p className={styles.note}>{note}</p>}
      </header>
      {children}
    </section>
  );
}
