import { Check, Undo2 } from "lucide-react";
import { useAccess, useMay } from "../access/gate";
import { type Result, wordsOf } from "../api/entries";
import { useSay } from "../api/images";
import { Button } from "../parts/button";
import { LabelField } from "../parts/label-field";
import { Problem } from "../parts/problem";
import styles from "./image.module.css";

/** Where a person says what the image shows. */
export function Say({ result }: { result: Result }) {
  const { mutate, error, isPending } = useSay();
  const may = useMay("review");
  const { me } = useAccess();
  const own = wordsOf(result).find(({ reviewer }) => reviewer === me.name);
  if (!may || result.outcome !== "classified") return null;
  const say = (label: string | null) => mutate({ name: result.image, etag: result.image.etag, label });
  return (
    <section className={styles.say}>
      <h2>What does it show?</h2>
      <div className={styles.choices}>
        <Button kind="primary" isDisabled={isPending} onPress={() => say(result.label)}>
          <Check size={16} aria-hidden /> {result.label}
        </Button>
        <LabelField
          label="Something else"
          value={own && own.label !== result.label ? own.label : ""}
          onChoose={(label) => label && say(label)}
          isFree
        />
        {own && (
          <Button isDisabled={isPending} onPress={() => say(null)}>
            <Undo2 size={16} aria-hidden /> Take back
          </Button>
        )}
      </div>
      {error && <Problem error={error} />}
    </section>
  );
}
