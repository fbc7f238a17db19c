import { FolderUp, ImageUp } from "lucide-react";
import type { ReactNode } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { Button } from "../parts/button";
import { type Found, filesChosen, filesDropped } from "./found";
import { SUFFIXES } from "./pictures";
import styles from "./upload.module.css";

interface Props {
  /** Told of files while they are looked for. */
  onFiles(reading: Promise<Found[]>): void;
  children: ReactNode;
}

/** A page onto which files and folders can be dropped or pasted, wherever it is hit; and buttons that choose some. */
export function DropArea({ onFiles, children }: Props) {
  const choose = (files: FileList | null) => onFiles(Promise.resolve(filesChosen(files)));
  return (
    <DropZone
      aria-label="Drop or paste pictures and folders here"
      className={styles.page ?? ""}
      getDropOperation={() => "copy"}
      onDrop={({ items }) => onFiles(filesDropped(items))}
    >
      <div className={styles.invitation}>
        <p>Drop pictures and folders anywhere on this page, or</p>
        <FileTrigger allowsMultiple acceptedFileTypes={SUFFIXES} onSelect={choose}>
          <Button kind="primary">
            <ImageUp size={16} aria-hidden /> Choose pictures
          </Button>
        </FileTrigger>
        <FileTrigger acceptDirectory onSelect={choose}>
          <Button>
            <FolderUp size={16} aria-hidden /> Choose a folder
          </Button>
        </FileTrigger>
      </div>
      {children}
    </DropZone>
  );
}
