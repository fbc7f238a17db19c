import type { ReactNode } from "react";
import styles from "./parts.module.css";

/** What stands where there is nothing to show: why, and what to do about it. */
export function Message({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.message}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
