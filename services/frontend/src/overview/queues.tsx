import type { Schemas } from "../api/client";
import styles from "./overview.module.css";
import { deadLetters } from "./pipeline";
import { Table } from "./table";
import { Warning } from "./warning";

/** How many jobs wait for workers, and how many never will be done. */
export function Queues({ queues }: { queues: Schemas["QueueDepth"][] }) {
  const warning = deadLetters(queues);
  return (
    <>
      {warning && <Warning text={warning} />}
      <Table
        caption="Queues"
        columns={["Queue", "Waiting jobs", "Running jobs", "Dead letters"]}
        rows={queues.map(({ name, waiting, running, dead }) => ({
          id: name,
          cells: [name, waiting, running, dead > 0 ? <Dead key="dead" count={dead} /> : dead],
        }))}
      />
    </>
  );
}

function Dead({ count }: { count: number }) {
  return <strong className={styles.dead}>{count.toLocaleString()}</strong>;
}
