import { useEffect, useEffectEvent } from "react";
import { type Command, commandOf } from "./commands";

/** Where keys have a meaning of their own. A slider is moved by others than these. */
const TYPING = "input:not([type=range]), textarea, select, [contenteditable], [role=dialog], [role=listbox]";
/** What Enter is for, if it has the focus. */
const PRESSABLE = "button, a";

/** Perform the command of a key that is pressed anywhere on the page but in a field. */
export function useCommands(perform: (command: Command) => void): void {
  const onCommand = useEffectEvent(perform);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const command = event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || commandOf(event.key);
      if (typeof command !== "object" || isTakenBy(event)) return;
      event.preventDefault();
      if (!event.repeat) onCommand(command); // a key held down too long is no answer for the next image
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

function isTakenBy({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  return target.closest(key === "Enter" ? `${TYPING}, ${PRESSABLE}` : TYPING) !== null;
}
