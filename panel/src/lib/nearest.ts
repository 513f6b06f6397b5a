// The page that somebody meant by an address that is none.

/** How many letters have to be put in, left out or exchanged to make `a` into `b`. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length]!;
}

/** Of `names`, the one nearest to `asked`, in capitals or not; null where there is none. */
export function closest(asked: string, names: readonly string[]): string | null {
  const far = (name: string): number => distance(asked.toLowerCase(), name.toLowerCase());
  return names.toSorted((a, b) => far(a) - far(b))[0] ?? null;
}

/** Of `pages` (as "/pools"), the one whose name is nearest to the first part of `path`. */
export function nearest(path: string, pages: readonly string[]): string {
  const asked = path.split("/").find(Boolean)?.toLowerCase() ?? "";
  return pages.toSorted((a, b) => distance(asked, a.slice(1)) - distance(asked, b.slice(1)))[0] ?? "/pools";
}
