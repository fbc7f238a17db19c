import { Link } from "react-router";
import { Progress } from "../parts/progress";
import styles from "./indicator.module.css";
import { useUploads } from "./use-uploads";

/** Says on every page that uploads are on their way, and leads to them. */
export function UploadIndicator() {
  const { totals } = useUploads();
  if (!totals.unsent) return null;
  return (
    <Link to="/upload" className={styles.indicator}>
      <span>{totals.unsent.toLocaleString()} to upload</span>
      <Progress label="Uploads" done={totals.sentBytes} of={totals.bytes} />
    </Link>
  );
}
