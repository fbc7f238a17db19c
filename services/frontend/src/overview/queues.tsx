import { Link } from "react-router";
import { useMay } from "../access/gate";
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
          cells: [name, waiting, running, dead > 0 ? <Dead key="dead" source={name} count={dead} /> : dead],
        }))}
      />
    </>
  );
}

function Dead({ source, count }: { source: string; count: number }) {
  const may = useMay("operate");
  const shown = <strong className={styles.dead}>{count.toLocaleString()}</strong>;
  return may ? <Link to={`/dead-letters?source=${source}`}>{shown}</Link> : shown;
}
