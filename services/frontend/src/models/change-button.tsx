import { type FormEvent, type ReactNode, useState } from "react";
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";
import { type Release, useRelease } from "../api/models";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem";
import { notify } from "../shell/notices";
import styles from "./models.module.css";
import { releaseText, shareOf } from "./words";

/** What a person says of a change. */
export interface Said {
  why: string;
  force: boolean;
  /** Of the images, if it was asked for. */
  share: number;
}

interface Props {
  model: string;
  /** What stands on the button. */
  children: ReactNode;
  /** What is asked before it is done. */
  question: string;
  /** What it means, if it is done. */
  meaning: string;
  /** What stands on the button that does it. */
  action: string;
  isRisky?: boolean;
  /** Whether to ask for a share of the images. */
  asksShare?: boolean;
  /** What speaks against it, so that it is done by force only. */
  objections?: readonly string[];
  change(said: Said): Promise<Release>;
}

/** A button for a change of a release: it asks for the reason first, and stays open if the change is refused. */
export function ChangeButton({ children, isRisky = false, ...props }: Props) {
  return (
    <DialogTrigger>
      <Button kind={isRisky ? "danger" : "plain"}>{children}</Button>
      <ModalOverlay isDismissable className={parts.overlay ?? ""}>
        <Modal>
          <Dialog className={parts.dialog ?? ""}>{({ close }) => <ChangeForm {...props} close={close} />}</Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}

function ChangeForm({
  model,
  question,
  meaning,
  action,
  asksShare = false,
  objections = [],
  change,
  close,
}: Omit<Props, "children" | "isRisky"> & { close(): void }) {
  const { mutate, isPending, error } = useRelease(model);
  const [why, setWhy] = useState("");
  const [force, setForce] = useState(false);
  const [percentage, setPercentage] = useState("5");
  const share = asksShare ? shareOf(percentage) : 0;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isPending || share === null) return;
    mutate(() => change({ why: why.trim(), force, share }), {
      onSuccess: (release) => {
        close();
        notify(`${releaseText(release)}.`);
      },
    });
  }

  return (
    <form onSubmit={submit} className={styles.form}>
      <Heading slot="title" level={2}>
        {question}
      </Heading>
      <p>{meaning}</p>
      {asksShare && (
        <Field label="Share of the images, in percent">
          <input inputMode="decimal" value={percentage} onChange={(event) => setPercentage(event.target.value)} />
        </Field>
      )}
      {asksShare && share === null && <p className={styles.objection}>Write a number above 0 and below 100.</p>}
      <Field label="Why">
        {/* biome-ignore lint/a11y/noAutofocus: the dialog was opened to write this */}
        <input autoFocus required maxLength={500} value={why} onChange={(event) => setWhy(event.target.value)} />
      </Field>
      {objections.length > 0 && (
        <>
          <Objections objections={objections} />
          <label className={styles.force}>
            <input type="checkbox" checked={force} onChange={(event) => setForce(event.target.checked)} />
            All the same. It is noted that this was by force.
          </label>
        </>
      )}
      {error && <Problem error={error} />}
      <div className={parts.ways}>
        <Button onPress={close}>Leave it</Button>
        <Button type="submit" kind="primary" isDisabled={why.trim() === "" || share === null}>
          {action}
        </Button>
      </div>
    </form>
  );
}

/** What speaks against a version. */
export function Objections({ objections }: { objections: readonly string[] }) {
  return (
    <ul className={styles.objections} aria-label="What speaks against it">
      {objections.map((objection) => (
        <li key={objection} className={styles.objection}>
          {objection}
        </li>
      ))}
    </ul>
  );
}
