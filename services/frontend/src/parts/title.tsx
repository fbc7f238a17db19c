import { useEffect } from "react";
import styles from "./parts.module.css";

/** The page's heading, and its name in the browser's tab. */
export function Title({ text, isHidden = false }: { text: string; isHidden?: boolean }) {
  useEffect(() => {
    document.title = `${text} · Loupe`;
  }, [text]);
  return <h1 className={isHidden ? styles.hidden : undefined}>{text}</h1>;
}
