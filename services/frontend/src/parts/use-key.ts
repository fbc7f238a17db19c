import { useEffectEvent, useLayoutEffect } from "react";

/** Do something when a key is pressed, unless a field, a slider or a dialog has the focus, which has its own use for it. */
export function useKey(key: string, action: () => void): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const isElsewhere =
      event.target instanceof Element &&
      event.target.closest("input, select, textarea, [role=dialog], [role=alertdialog]");
    if (event.key !== key || isElsewhere || event.defaultPrevented) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    action();
  });
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => pressed(event);
    document.addEventListener("keydown", listener);
    return () => document.removeEventListener("keydown", listener);
  }, []);
}
