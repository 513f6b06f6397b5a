import type { ReactNode } from "react";
import { proofOf } from "../lib/proof";
import { useFeed } from "../lib/stream";

/** One of many pools that were stopped. since: the service's time after the answer; null while there is none. problem: what was refused; more: what the answer said; waits: the command is not sent yet. */
export type Stopped = { symbol: string; since: string | null; problem?: string | undefined; more?: string; waits?: boolean };

const NAMED = 12;
const SENT = "the command is sent, no answer yet; it is not sent again";

/** The first of many names, and how many more there are. */
export const named = (symbols: readonly string[]): string =>
  symbols.slice(0, NAMED).join(", ") + (symbols.length > NAMED ? ` and ${symbols.length - NAMED} more` : "");

/**
 * Of how many it is proved, and of which it is not: 300 lines are not counted by eye. It rests on the picture of all pools, for a stream sends
 * only fifty in full. Those that are not proved come first.
 */
export function Proved({ of }: { of: readonly Stopped[] }): ReactNode {
  const pools = new Map(useFeed().glance?.pools.map((pool) => [pool.symbol, pool]));
  const lines = of.map((each) => {
    const pool = pools.get(each.symbol);
    if (each.problem) return { ...each, proved: false, words: `■ not stopped: ${each.problem}` };
    if (!each.since) return { ...each, proved: false, words: `NOT PROVED: ${each.waits ? "not yet sent" : SENT}` };
    if (!pool) return { ...each, proved: false, words: "NOT PROVED: waiting for the pool's state" };
    const { proved, words } = proofOf(pool, each.since);
    return { ...each, proved, words: `${proved ? "✓ PROVED" : "NOT PROVED"}: ${words}` };
  });
  const left = lines.filter((line) => !line.proved);
  if (of.length === 0) return <p role="status">There is no pool.</p>;
  return (
    <>
      {left.length
        ? <p className="bad" role="status">NOT PROVED for {left.length} of {of.length}: {named(left.map((line) => line.symbol))}</p>
        : <p className="ok" role="status">✓ PROVED for all {of.length}: the venue lists nothing</p>}
      <ul className="each" tabIndex={0} aria-label="Each pool">
        {[...left, ...lines.filter((line) => line.proved)].map((line) => (
          <li key={line.symbol}><b>{line.symbol}</b> {line.more} <span data-testid={`proof-${line.symbol}`} className={line.proved ? "ok" : line.problem ? "bad" : "warn"}>{line.words}</span></li>))}
      </ul>
    </>
  );
}
