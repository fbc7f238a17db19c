import { RotateCw, Trash2 } from "lucide-react";
import { type Choice, type Done, type LetterAction, useLetterAction } from "../api/letters";
import { ConfirmButton } from "../parts/confirm-button";
import { WORDS } from "./words";

const ICONS = { replay: RotateCw, dismiss: Trash2 };

interface Props {
  action: LetterAction;
  choice: Choice;
  /** The letters in words, for the question. */
  subject: string;
  isDisabled?: boolean;
  /** What stands on the button after the action. */
  children?: string;
  onDone(done: Done): void;
  onError(error: Error): void;
}

/** Replays or dismisses letters, after a question. */
export function ActionButton({ action, choice, subject, isDisabled = false, children, onDone, onError }: Props) {
  const { mutate, isPending } = useLetterAction(action);
  const { name, meaning } = WORDS[action];
  const Icon = ICONS[action];
  return (
    <ConfirmButton
      isDisabled={isDisabled}
      isPending={isPending}
      question={`${name} ${subject}?`}
      meaning={meaning}
      action={name}
      onConfirm={() => mutate(choice, { onSuccess: onDone, onError })}
    >
      <Icon size={16} aria-hidden /> {name}
      {children && ` ${children}`}
    </ConfirmButton>
  );
}
