import { useState, type ReactNode } from "react";
import type { PoolGlance } from "../api/client";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { newTrace } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { HoldButton } from "./hold";
import { ProofLine, SignedOut, stopped } from "./stop";

/** What became of one pool: the command is on its way, it is to be proved from a moment on, or it was refused. */
type Outcome = { since?: string; problem?: string };

const BULK = {
  pause: { op: "pausePool", title: "Pause", what: "stops quoting and cancels all", rest: "positions stay" },
  flatten: { op: "flattenPool", title: "Flatten", what: "cancels all", rest: "positions are worked down with reduce-only orders" },
} as const;
export type BulkKind = keyof typeof BULK;

/** Pauses or flattens several pools after one confirmation. Each is then proved, or refused, by itself; one that does not answer holds up no other. */
export function BulkStop({ kind, pools, onClose }: { kind: BulkKind; pools: readonly PoolGlance[]; onClose: () => void }): ReactNode {
  const { op, title, what, rest } = BULK[kind];
  const [chosen] = useState(pools); // the stream moves on, the question stays
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [outcomes, setOutcomes] = useState<Record<string, Outcome>>({});
  const symbols = chosen.map((each) => each.symbol);
  const word = `${symbols.length} pool${symbols.length === 1 ? "" : "s"}`;
  const tell = (symbol: string, outcome: Outcome): void => setOutcomes((before) => ({ ...before, [symbol]: outcome }));
  const send = (wanted: readonly string[]): void => {
    for (const symbol of wanted) {
      tell(symbol, {});
      stopped(kind, symbol, reason, newTrace()).then((since) => tell(symbol, { since }), (error: unknown) => tell(symbol, { problem: error instanceof Error ? error.message : String(error) }));
    }
  };
  const refused = symbols.filter((symbol) => outcomes[symbol]?.problem);
  const idle = Object.keys(outcomes).length === 0;
  const orders = chosen.reduce((all, each) => all + each.open_orders, 0);
  const about = <p>{title} {what} {orders} orders of {symbols.join(", ")}; {rest}. Each pool becomes PAUSED.</p>;
  return (
    <Dialog title={`${title} ${word}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      <SignedOut symbol={word} path={`/v1/pools/SYMBOL/${kind}`} />
      <label>Reason, for the audit log <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
      <label>Type {word} <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
      {Object.entries(outcomes).map(([symbol, outcome]) => <div key={symbol}><b>{symbol}</b> <Became symbol={symbol} outcome={outcome} /></div>)}
      <div className="bar">
        <CloseButton />
        <Act op={op} className="danger" disabled={!isTyped(typed, word) || !idle} onClick={() => send(symbols)}>{title} them now</Act>
        <HoldButton op={op} label={`${title} ${word}`} disabled={!idle} onHeld={() => send(symbols)} />
        {refused.length ? <button type="button" className="plain" onClick={() => send(refused)}>Try {refused.join(", ")} again</button> : null}
      </div>
    </Dialog>
  );
}

function Became({ symbol, outcome }: { symbol: string; outcome: Outcome }): ReactNode {
  if (outcome.problem) return <span className="bad" role="alert">■ not stopped: {outcome.problem}</span>;
  if (outcome.since) return <ProofLine symbol={symbol} since={outcome.since} />;
  return <span role="status" className="warn">NOT PROVED: the command is sent, no answer yet; it is not sent again.</span>;
}
