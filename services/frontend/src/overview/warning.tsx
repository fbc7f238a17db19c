import { TriangleAlert } from "lucide-react";
import styles from "./overview.module.css";

/** Something that a person should look at. */
export function Warning({ text }: { text: string }) {
  return (
    <p className={styles.warning}>
      <TriangleAlert size={16} aria-hidden /> {text}
    </p>
  );
}
