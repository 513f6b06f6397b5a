// The audit log is a chain: each entry holds the hash of the one before it. What a page shows of it is checked here.

export type Link = { seq: number; hash: string; prev_hash: string };
export type Chain = { checked: number; broken: number[] };

/** Of entries that follow each other: how many were compared, and at which seq the hash before is another. Filtered lists have holes, which say nothing. */
export function chainOf(entries: readonly Link[]): Chain {
  const bySeq = new Map(entries.map((each) => [each.seq, each]));
  const pairs = entries.flatMap((each) => { const before = bySeq.get(each.seq - 1); return before ? [[before, each] as const] : []; });
  return { checked: pairs.length, broken: pairs.filter(([before, each]) => before.hash !== each.prev_hash).map(([, each]) => each.seq).toSorted((a, b) => a - b) };
}

/** The hash of an entry as this browser computes it; null where it may not, over plain http from another machine. */
export async function computed({ prev_hash, covered }: { prev_hash: string; covered: string }): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(prev_hash + covered));
  return [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("");
}
