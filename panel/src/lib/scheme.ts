// The colours of the page: as the system has them, or as chosen here. The choice is kept in this browser.

import { useSyncExternalStore } from "react";

export type Choice = "system" | "dark" | "light";
const KEY = "scheme";
const listeners = new Set<() => void>();
const light = matchMedia("(prefers-color-scheme: light)");

export function choice(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === "dark" || kept === "light" ? kept : "system";
}

export function choose(next: Choice): void {
  if (next === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, next);
  applyScheme();
  for (const listener of listeners) listener();
}

/** Puts the choice on the page; the style sheet does the rest. */
export function applyScheme(): void {
  const chosen = choice();
  if (chosen === "system") delete document.documentElement.dataset.scheme;
  else document.documentElement.dataset.scheme = chosen;
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  light.addEventListener("change", listener);
  return () => { listeners.delete(listener); light.removeEventListener("change", listener); };
}

const shown = (): "dark" | "light" => {
  const chosen = choice();
  return chosen === "system" ? (light.matches ? "light" : "dark") : chosen;
};

/** Which colours the page has now. */
export const useScheme = (): "dark" | "light" => useSyncExternalStore(listen, shown);
export const useChoice = (): Choice => useSyncExternalStore(listen, choice);
