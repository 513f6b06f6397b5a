// Which columns of a table a person does not want to see: kept in this browser, nothing else of the table is.

import { useSyncExternalStore } from "react";

const PREFIX = "columns:";
const listeners = new Set<() => void>();

const listen = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** The ids that a kept text names. */
export const hiddenIn = (kept: string | null): ReadonlySet<string> => new Set((kept ?? "").split(",").filter(Boolean));

/** The hidden ones after `id` was hidden or shown again, as they are kept; a table keeps at least one column. */
export function toggled(hidden: ReadonlySet<string>, id: string, all: readonly string[]): string {
  const after = new Set(hidden);
  if (!after.delete(id)) after.add(id);
  return all.every((each) => after.has(each)) ? [...hidden].join(",") : [...after].join(",");
}

/** The hidden columns of a table, and how one is hidden or shown again. */
export function useHidden(table: string, all: readonly string[]): [ReadonlySet<string>, (id: string) => void] {
  const kept = useSyncExternalStore(listen, () => localStorage.getItem(PREFIX + table));
  const hidden = hiddenIn(kept);
  const toggle = (id: string): void => {
    const after = toggled(hidden, id, all);
    if (after) localStorage.setItem(PREFIX + table, after);
    else localStorage.removeItem(PREFIX + table);
    for (const listener of listeners) listener();
  };
  return [hidden, toggle];
}
