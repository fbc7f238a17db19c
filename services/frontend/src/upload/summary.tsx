import { ListX, RotateCw, X } from "lucide-react";
import { Button } from "../parts/button";
import { SelectField } from "../parts/field";
import { Progress } from "../parts/progress";
import { readableSize } from "../parts/size";
import type { Totals } from "./totals";
import styles from "./upload.module.css";
import { uploader } from "./uploader-of-tab";
import { VIEW_NAMES, type View } from "./views";

interface Props {
  totals: Totals;
  view: View;
  onView(view: View): void;
}

/** How far all uploads are, which of them are shown, and what can be done with all. */
export function Summary({ totals, view, onView }: Props) {
  const { unsent, answered, failed, cancelled } = totals;
  return (
    <section aria-label="All uploads" className={styles.summary}>
      <div className={styles.totals}>
        <p>{sentenceOf(totals)}</p>
        <Progress label="All uploads" done={totals.sentBytes} of={totals.bytes} />
      </div>
      <SelectField
        label="Show"
        value={view}
        choices={VIEW_NAMES.map((name) => ({ value: name, name }))}
        onChange={(name) => onView(name as View)}
      />
      {unsent > 0 && (
        <Button onPress={() => uploader.cancelAll()}>
          <X size={16} aria-hidden /> Cancel all
        </Button>
      )}
      {failed + cancelled > 0 && (
        <Button onPress={() => uploader.retryAll()}>
          <RotateCw size={16} aria-hidden /> Try all again
        </Button>
      )}
      {answered + failed + cancelled > 0 && (
        <Button onPress={() => uploader.clear()}>
          <ListX size={16} aria-hidden /> Clear ended
        </Button>
      )}
    </section>
  );
}

function sentenceOf(totals: Totals): string {
  const { uploads, unsent, stored, answered, bytes, sentBytes } = totals;
  const uploaded = `${(stored + answered).toLocaleString()} of ${uploads.toLocaleString()} uploaded`;
  const size = unsent ? [`${readableSize(sentBytes)} of ${readableSize(bytes)}`] : [];
  const others = (["answered", "rejected", "failed", "cancelled"] as const).filter((what) => totals[what]);
  return [uploaded, ...size, ...others.map((what) => `${totals[what].toLocaleString()} ${what}`)].join(" · ");
}
