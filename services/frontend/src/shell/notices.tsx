import { useSyncExternalStore } from "react";
import styles from "./shell.module.css";

/** What has just happened, in a sentence at the edge of the page, which screen readers read out. */

const SHOWN_MS = 6000;

interface Notice {
  id: number;
  text: string;
}

let notices: readonly Notice[] = [];
let last = 0;
const listeners = new Set<() => void>();

/** Tell people something that needs no answer. */
export function notify(text: string): void {
  last += 1;
  const id = last;
  change([...notices.slice(-2), { id, text }]);
  setTimeout(() => change(notices.filter((notice) => notice.id !== id)), SHOWN_MS);
}

function change(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Notices() {
  const shown = useSyncExternalStore(subscribe, () => notices);
  return (
    <div role="status" className={styles.notices}>
      {shown.map((notice) => (
        <p key={notice.id}>{notice.text}</p>
      ))}
    </div>
  );
}
