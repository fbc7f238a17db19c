/** Light or dark: what the system says, unless a person has chosen here. */

import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const KEY = "loupe.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

system.addEventListener("change", tell);
apply();

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}

/** Choose the theme. The system's own choice is not kept, so that the page follows it again. */
export function choose(theme: Theme): void {
  if (theme === systemTheme()) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
  tell();
}

function current(): Theme {
  const chosen = localStorage.getItem(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : systemTheme();
}

function systemTheme(): Theme {
  return system.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset.theme = current();
}

function tell(): void {
  apply();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
