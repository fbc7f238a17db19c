import { type Dispatch, useState } from "react";
import { fileName } from "../api/entries";
import { useFading } from "../image/fading";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem";
import { Ahead } from "./ahead";
import { CandidateView } from "./candidate-view";
import type { Command } from "./commands";
import type { ReviewFilter } from "./filter";
import { KeysDialog } from "./keys-dialog";
import { NothingLeft } from "./nothing-left";
import { type Action, type Queue, versionOf } from "./queue";
import { useAnswers } from "./use-answers";
import { useCommands } from "./use-commands";
import { useOthers } from "./use-others";
import { useSupply } from "./use-supply";
import { why } from "./why";

interface Props {
  filter: ReviewFilter;
  queue: Queue;
  dispatch: Dispatch<Action>;
}

/** The image that is looked at, and everything that can be done with it. */
export function Reviewing({ filter, queue, dispatch }: Props) {
  const supply = useSupply(filter, queue, dispatch);
  const answers = useAnswers(queue, dispatch);
  const fading = useFading();
  // For this version only: a label that somebody types is never said of another image.
  const [typingFor, setTypingFor] = useState<string | null>(null);
  const [isHelping, setIsHelping] = useState(false);
  useOthers(filter, queue, dispatch, supply.ask);

  const current = queue.waiting[0];
  const version = current && versionOf(current.image);

  function perform(command: Command) {
    switch (command.act) {
      case "choose": {
        const label = current?.image.predictions[command.place]?.label;
        if (label) answers.answer(label);
        break;
      }
      case "type":
        setTypingFor(version ?? null);
        break;
      case "skip":
        answers.skip();
        break;
      case "undo":
        answers.undo();
        break;
      case "fade":
        fading.toggle();
        break;
      case "help":
        setIsHelping(true);
        break;
    }
  }
  useCommands(perform);

  return (
    <>
      <p role="status" className={parts.hidden}>
        {current && `${fileName(current.image.image.blob)}: ${current.image.label}? ${why(current)}`}
        {queue.isEmpty && "Everything is reviewed."}
      </p>
      {supply.error !== null && <Problem error={supply.error} retry={supply.ask} />}
      {queue.isEmpty && supply.error === null && (
        <NothingLeft
          filter={filter}
          queue={queue}
          onAgain={() => dispatch({ type: "restarted" })}
          onUndo={answers.undo}
        />
      )}
      {current && (
        <CandidateView
          candidate={current}
          fading={fading}
          canUndo={queue.done.length > 0}
          isTyping={typingFor === version}
          onStopTyping={() => setTypingFor(null)}
          onLabel={answers.answer}
          perform={perform}
        />
      )}
      <Ahead candidates={queue.waiting.slice(1)} />
      <KeysDialog isOpen={isHelping} onClose={() => setIsHelping(false)} />
    </>
  );
}
