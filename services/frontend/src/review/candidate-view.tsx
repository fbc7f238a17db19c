import { Eye, EyeOff, Keyboard, Pencil, SkipForward, Undo2 } from "lucide-react";
import { useEffect, useRef } from "react";
import { Link } from "react-router";
import { fileName, pageOf } from "../api/entries";
import type { Fading } from "../image/fading";
import { Picture } from "../image/picture";
import { Choices } from "./choices";
import { CommandButton } from "./command-button";
import type { Command } from "./commands";
import { LabelEntry } from "./label-entry";
import { type Candidate, versionOf } from "./queue";
import styles from "./review.module.css";
import { why } from "./why";

interface Props {
  candidate: Candidate;
  fading: Fading;
  canUndo: boolean;
  /** Whether there is a field for any label. */
  isTyping: boolean;
  onStopTyping(): void;
  onLabel(label: string): void;
  perform(command: Command): void;
}

/** An image, why a person is asked about it, and what the person can do. */
export function CandidateView(props: Props) {
  const { candidate, fading, canUndo, isTyping, onStopTyping, onLabel, perform } = props;
  const { image: result } = candidate;
  const view = useRef<HTMLElement>(null);
  useEffect(() => {
    // Whoever has followed a link here would follow it again with Enter.
    if (document.activeElement?.matches("body, a")) view.current?.focus({ preventScroll: true });
  }, []);

  function stopTyping() {
    onStopTyping();
    view.current?.focus({ preventScroll: true });
  }

  return (
    <section ref={view} tabIndex={-1} aria-label="Image to review" className={styles.candidate}>
      <div className={styles.picture}>
        <Picture key={versionOf(result)} result={result} fading={fading} />
      </div>
      <div className={styles.panel}>
        <div>
          <h2>
            <Link to={pageOf(result.image)} title={result.image.blob}>
              {fileName(result.image.blob)}
            </Link>
          </h2>
          <p className={styles.why}>{why(candidate)}</p>
        </div>
        <Choices predictions={result.predictions} onChoose={(place) => perform({ act: "choose", place })} />
        {isTyping ? (
          <LabelEntry
            onCancel={stopTyping}
            onLabel={(label) => {
              stopTyping();
              onLabel(label);
            }}
          />
        ) : (
          <CommandButton hint="l" onPress={() => perform({ act: "type" })}>
            <Pencil size={16} aria-hidden /> Another label
          </CommandButton>
        )}
        <div className={styles.actions}>
          <CommandButton hint="s" onPress={() => perform({ act: "skip" })}>
            <SkipForward size={16} aria-hidden /> Skip
          </CommandButton>
          <CommandButton hint="u" isDisabled={!canUndo} onPress={() => perform({ act: "undo" })}>
            <Undo2 size={16} aria-hidden /> Undo
          </CommandButton>
          <CommandButton hint="h" aria-pressed={fading.opacity > 0} onPress={() => perform({ act: "fade" })}>
            {fading.opacity > 0 ? <Eye size={16} aria-hidden /> : <EyeOff size={16} aria-hidden />} Heatmap
          </CommandButton>
          <CommandButton hint="?" onPress={() => perform({ act: "help" })}>
            <Keyboard size={16} aria-hidden /> Keys
          </CommandButton>
        </div>
      </div>
    </section>
  );
}
