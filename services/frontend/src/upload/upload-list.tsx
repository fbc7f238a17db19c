import { EndlessList } from "../parts/endless-list";
import type { Upload } from "./upload";
import styles from "./upload.module.css";
import { UploadRow } from "./upload-row";

const ROW_PX = 65;

/** Uploads, of which only the rows in sight exist. */
export function UploadList({ uploads }: { uploads: readonly Upload[] }) {
  return (
    <EndlessList
      label="Uploads"
      items={uploads}
      keyOf={(upload) => String(upload.id)}
      rowPx={ROW_PX}
      className={styles.frame}
    >
      {(upload) => <UploadRow upload={upload} />}
    </EndlessList>
  );
}
