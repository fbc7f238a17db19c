import { useMemo, useState } from "react";
import { useMay } from "../access/gate";
import { sentence } from "../api/problem";
import { Message } from "../parts/message";
import parts from "../parts/parts.module.css";
import { Title } from "../parts/title";
import { Answers } from "./answers";
import { choose, sentenceOf } from "./choice";
import { DropArea } from "./drop-area";
import { FolderField } from "./folder-field";
import type { Found } from "./found";
import { folderOf, folderProblem } from "./names";
import { Summary } from "./summary";
import { announcement } from "./totals";
import styles from "./upload.module.css";
import { UploadList } from "./upload-list";
import { uploader } from "./uploader-of-tab";
import { useUploads } from "./use-uploads";
import { seen, type View } from "./views";

/** Where people put pictures into the archive, and see what is found on them. */
export function UploadPage() {
  const may = useMay("review");
  const { uploads, totals } = useUploads();
  const [folder, setFolder] = useState("");
  const [view, setView] = useState<View>("all");
  const shown = useMemo(() => seen(uploads, view), [uploads, view]);
  const [remark, setRemark] = useState<string | null>(null);

  async function take(reading: Promise<Found[]>) {
    const problem = folderProblem(folder);
    if (problem) return setRemark(`Nothing is uploaded. ${problem}`);
    setRemark("Looking for pictures…");
    try {
      const { named, leftOut } = choose(await reading, folderOf(folder));
      setRemark(sentenceOf(leftOut));
      uploader.add(named);
    } catch (error) {
      setRemark(`Nothing is uploaded, because something cannot be read. ${sentence(error)}`);
    }
  }

  if (!may) {
    return (
      <Message title="You may not upload pictures">
        <p>Ask whoever runs Loupe for the scope “review”.</p>
      </Message>
    );
  }
  return (
    <DropArea onFiles={take}>
      <Title text="Upload" isHidden />
      <FolderField value={folder} onChange={setFolder} />
      <p role="status" className={styles.remark}>
        {remark}
      </p>
      <p role="status" className={parts.hidden}>
        {announcement(totals)}
      </p>
      {totals.unsent + totals.stored > 0 && <Answers uploads={uploads} />}
      {totals.uploads > 0 && <Summary totals={totals} view={view} onView={setView} />}
      {totals.uploads > 0 && <UploadList uploads={shown} />}
    </DropArea>
  );
}
