import type { Schemas } from "../api/client";
import { ago, missingWork } from "./pipeline";
import { Table } from "./table";
import { Warning } from "./warning";

const COLUMNS = ["Worker", "Service", "Model", "Device", "Images per minute", "Images since start", "Last report"];
const TEXTS = 4;
const NONE = "–";

interface Props {
  workers: Schemas["Worker"][];
  /** When they were asked for. */
  at: number;
}

/** Who works on the images. */
export function Workers({ workers, at }: Props) {
  return (
    <>
      {missingWork(workers).map((sentence) => (
        <Warning key={sentence} text={sentence} />
      ))}
      {workers.length > 0 && (
        <Table
          caption="Workers"
          columns={COLUMNS}
          texts={TEXTS}
          rows={workers.map((worker) => ({
            id: `${worker.service} ${worker.name}`,
            cells: [
              worker.name,
              worker.service,
              worker.model ? `${worker.model} (${worker.precision})` : NONE,
              worker.device ?? NONE,
              worker.images_per_minute,
              worker.images,
              ago(worker.reported_at, at),
            ],
          }))}
        />
      )}
    </>
  );
}
