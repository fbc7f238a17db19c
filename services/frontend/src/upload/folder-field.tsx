import { useId } from "react";
import { Field } from "../parts/field";
import { folderProblem } from "./names";
import styles from "./upload.module.css";

interface Props {
  value: string;
  onChange(folder: string): void;
}

/** The folder of the container into which everything goes. */
export function FolderField({ value, onChange }: Props) {
  const hint = useId();
  const problem = folderProblem(value);
  return (
    <div className={styles.folder}>
      <Field label="Folder in the container">
        <input
          type="text"
          value={value}
          placeholder="none"
          autoComplete="off"
          spellCheck={false}
          aria-invalid={problem !== null}
          aria-describedby={hint}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
      <p id={hint} className={styles.hint} data-wrong={problem !== null}>
        {problem ?? "Put before the names of the files. A picture that has the same name already is replaced."}
      </p>
    </div>
  );
}
