import type { ReactNode } from "react";
import styles from "./parts.module.css";

/** A name and what it is. */
export type Fact = [string, ReactNode];

/** Names with what they are, below each other. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
