import { useMutation } from "@tanstack/react-query";
import { Copy, RotateCw, X } from "lucide-react";
import { useState } from "react";
import { useMay } from "../access/gate";
import { useReclassify, useSay } from "../api/images";
import { sentence } from "../api/problem";
import { Button, IconButton } from "../parts/button";
import { LabelField } from "../parts/label-field";
import { notify } from "../shell/notices";
import styles from "./archive.module.css";
import type { Selecting } from "./use-selection";

/** What can be done with all images that are selected. */
export function SelectionBar({ selecting }: { selecting: Selecting }) {
  const { selection, clear } = selecting;
  const [label, setLabel] = useState("");
  const mayReview = useMay("review");
  const mayOperate = useMay("operate");
  const { mutateAsync: say } = useSay();
  const { mutate: classifyAgain, isPending: isAsking } = useReclassify();
  const { mutate: sayAll, isPending } = useMutation({
    mutationFn: async (label: string) => {
      const entries = [...selection.values()];
      const said = await Promise.allSettled(entries.map((entry) => say({ name: entry, etag: entry.etag, label })));
      return said.filter((one) => one.status === "rejected").map((one) => one.reason);
    },
    onSuccess: (failures, label) => {
      const done = selection.size - failures.length;
      notify(`${done} of ${selection.size} images are reviewed as ${label}.`);
      if (failures.length) notify(sentence(failures[0]));
      else clear();
    },
  });
  if (!selection.size) return null;

  async function copy() {
    await navigator.clipboard.writeText([...selection.keys()].join("\n"));
    notify(`The names of ${selection.size} images are in the clipboard.`);
  }

  function again() {
    classifyAgain([...selection.values()], {
      onSuccess: (asked) => {
        notify(`${asked} of ${selection.size} images are classified again. New answers appear by themselves.`);
        clear();
      },
      onError: (error) => notify(sentence(error)),
    });
  }

  return (
    <section aria-label="Selected images" className={styles.selection}>
      <strong>{selection.size.toLocaleString()} selected</strong>
      {mayReview && (
        <>
          <LabelField label="They show" value={label} onChoose={setLabel} isFree />
          <Button kind="primary" isDisabled={!label || isPending} onPress={() => sayAll(label)}>
            Review
          </Button>
        </>
      )}
      {mayOperate && (
        <Button isDisabled={isAsking} onPress={again}>
          <RotateCw size={16} aria-hidden /> Classify again
        </Button>
      )}
      <Button onPress={copy}>
        <Copy size={16} aria-hidden /> Copy names
      </Button>
      <IconButton label="Clear the selection" onPress={clear}>
        <X size={18} />
      </IconButton>
    </section>
  );
}
