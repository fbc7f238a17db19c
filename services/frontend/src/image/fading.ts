import { useState } from "react";

const BEGIN = 0.5;

/** How far the heatmap can be seen: from 0 (not at all) to 1. */
export interface Fading {
  opacity: number;
  fade(opacity: number): void;
  /** Hide it; or show it again, as it was. */
  toggle(): void;
}

export function useFading(): Fading {
  const [opacity, setOpacity] = useState(BEGIN);
  const [shown, setShown] = useState(BEGIN);
  function fade(next: number) {
    setOpacity(next);
    if (next > 0) setShown(next);
  }
  return { opacity, fade, toggle: () => setOpacity(opacity > 0 ? 0 : shown) };
}
