// Keys that work on every page, as long as nothing is being typed and no dialog is open. None of them stops or starts anything.

import { useSyncExternalStore } from "react";

export type Key = { keys: string; does: string };

/** Pages by the second key after `g`. */
export const PLACES: Record<string, string> = { p: "/pools", a: "/audit", l: "/alerts", m: "/maker", s: "/settlements", r: "/reports", e: "/emergency", h: "/system" };

export const KEYS: readonly Key[] = [
  { keys: "/", does: "to the search or the first filter" },
  { keys: "j, k", does: "next row, row before; Enter opens it" },
  ...Object.entries(PLACES).map(([key, page]) => ({ keys: `g ${key}`, does: `to ${page.slice(1)}` })),
  { keys: "n", does: "to the next pending settlement, on a settlement's page" },
  { keys: "Shift+K", does: "the kill dialog of the pool that is shown" },
  { keys: "?", does: "these keys" },
];

/** Milliseconds within which the second key follows. */
export const CHORD_MS = 1_000;

/** The key as its label says it: a caps lock changes nothing, Shift does. */
export const labelled = (event: { key: string; shiftKey: boolean }): string => (/^[a-z]$/i.test(event.key) ? (event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase()) : event.key);

export type Meant = { kind: "go"; to: string } | { kind: "search" | "down" | "up" | "help" | "chord" | "next" };

/** What a key asks for; `after` is whether `g` was pressed just before. */
export function meant(key: string, after: boolean): Meant | null {
  if (after) return PLACES[key] ? { kind: "go", to: PLACES[key] } : null;
  if (key === "/") return { kind: "search" };
  if (key === "j") return { kind: "down" };
  if (key === "k") return { kind: "up" };
  if (key === "n") return { kind: "next" };
  if (key === "?") return { kind: "help" };
  return key === "g" ? { kind: "chord" } : null;
}

/** Whether what has the focus takes text. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** The next or previous row's first link of the page's first table gets the focus. */
export function step(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("main tbody tr a")].filter((link, i, all) => i === 0 || link.closest("tr") !== all[i - 1]!.closest("tr"));
  const row = document.activeElement?.closest("tr") ?? null;
  const at = links.findIndex((link) => link.closest("tr") === row);
  links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
}

// A key of one letter can be in the way of speech input: they can be turned off (WCAG 2.1.4), which is kept in this browser.
const KEPT = "keys";
const listeners = new Set<() => void>();

const listen = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export const keysOn = (): boolean => localStorage.getItem(KEPT) !== "off";

export function turnKeys(on: boolean): void {
  if (on) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, "off");
  for (const listener of listeners) listener();
}

export const useKeysOn = (): boolean => useSyncExternalStore(listen, keysOn);
