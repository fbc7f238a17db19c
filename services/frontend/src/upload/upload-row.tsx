import { Clock, Image, RotateCw, TriangleAlert, X } from "lucide-react";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";
import { fileName, pageOf } from "../api/entries";
import { IconButton } from "../parts/button";
import { Thumbnail } from "../parts/thumbnail";
import { State } from "./state";
import { isRepeatable, isUnsent, type Upload } from "./upload";
import styles from "./upload.module.css";
import { uploader } from "./uploader-of-tab";

/** One upload: how far it is, and then what was found on the picture, with the way to its page. */
export const UploadRow = memo(function UploadRow({ upload }: { upload: Upload }) {
  const { blob, phase } = upload;
  const name = fileName(blob);
  const action = actionOn(upload, name);
  const content = (
    <>
      <span className={styles.square}>
        <Sign upload={upload} />
      </span>
      <span className={styles.text}>
        <span className={styles.name}>
          {name} <small>{blob.slice(0, -name.length)}</small>
        </span>
        <State upload={upload} />
      </span>
    </>
  );
  return (
    <div className={styles.row} data-phase={phase.is}>
      {phase.is === "answered" ? (
        <Link to={pageOf(phase.entry)} title={blob} className={styles.content}>
          {content}
        </Link>
      ) : (
        <span title={blob} className={styles.content}>
          {content}
        </span>
      )}
      {action && (
        <IconButton label={action.label} onPress={action.run}>
          <action.Icon size={18} />
        </IconButton>
      )}
    </div>
  );
});

/** What can be done with it. It is one button in all phases, so that the focus stays on it. */
function actionOn(upload: Upload, name: string) {
  const ids = [upload.id];
  if (isUnsent(upload)) return { label: `Cancel ${name}`, Icon: X, run: () => uploader.cancel(ids) };
  if (isRepeatable(upload)) return { label: `Try ${name} again`, Icon: RotateCw, run: () => uploader.retry(ids) };
  return null;
}

function Sign({ upload: { phase } }: { upload: Upload }): ReactNode {
  if (phase.is === "answered") return <Thumbnail name={phase.entry} version={phase.entry.etag} />;
  if (phase.is === "failed") return <TriangleAlert size={22} aria-hidden />;
  return phase.is === "queued" ? <Clock size={22} aria-hidden /> : <Image size={22} aria-hidden />;
}
