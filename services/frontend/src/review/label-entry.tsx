import { type KeyboardEvent, useState } from "react";
import { Button } from "../parts/button";
import { LabelField } from "../parts/label-field";
import styles from "./review.module.css";

interface Props {
  onLabel(label: string): void;
  onCancel(): void;
}

/** A field for any label. It counts with Enter or the button: whoever goes elsewhere meanwhile has not said anything. */
export function LabelEntry({ onLabel, onCancel }: Props) {
  const [typed, setTyped] = useState("");

  function pressed(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // the list of labels would only close itself
    onCancel();
  }

  return (
    <div className={styles.entry} onKeyDownCapture={pressed}>
      <LabelField
        label="Another label"
        value=""
        onChoose={(label) => label && onLabel(label)}
        onLeave={setTyped}
        isFree
        autoFocus
      />
      <Button kind="primary" onPress={() => typed && onLabel(typed)}>
        Save
      </Button>
      <Button onPress={onCancel}>Cancel</Button>
    </div>
  );
}
