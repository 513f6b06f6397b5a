import { useState, type ReactNode } from "react";
import type { PoolGlance } from "../api/client";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { inLanes } from "../lib/lanes";
import { newTrace } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { HoldButton } from "./hold";
import { named, Proved } from "./proved";
import { SignedOut, stopped } from "./stop";

/** What became of one pool: it has its turn to come, the command is on its way, it is to be proved from a moment on, or it was refused. */
type Outcome = { sent?: boolean; since?: string; problem?: string };

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
    setOutcomes((before) => ({ ...before, ...Object.fromEntries(wanted.map((symbol) => [symbol, {}])) }));
    void inLanes(wanted, async (symbol) => {
      tell(symbol, { sent: true });
      await stopped(kind, symbol, reason, newTrace()).then((since) => tell(symbol, { since }), (error: unknown) => tell(symbol, { problem: error instanceof Error ? error.message : String(error) }));
    });
  };
  const refused = symbols.filter((symbol) => outcomes[symbol]?.problem);
  const idle = Object.keys(outcomes).length === 0;
  const orders = chosen.reduce((all, each) => all + each.open_orders, 0);
  const about = <p>{title} {what} {orders} orders of {named(symbols)}; {rest}. Each pool becomes PAUSED.</p>;
  return (
    <Dialog title={`${title} ${word}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      <SignedOut symbol={word} path={`/v1/pools/SYMBOL/${kind}`} />
      <label>Reason, for the audit log <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
      <label>Type {word} <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
      {idle ? null : <Progress outcomes={Object.values(outcomes)} />}
      {idle ? null : <Proved of={symbols.map((symbol) => ({ symbol, since: outcomes[symbol]?.since ?? null, problem: outcomes[symbol]?.problem, waits: !outcomes[symbol]?.sent }))} />}
      <div className="bar">
        <CloseButton />
        <Act op={op} className="danger" disabled={!isTyped(typed, word) || !idle} onClick={() => send(symbols)}>{title} them now</Act>
        <HoldButton op={op} label={`${title} ${word}`} disabled={!idle} onHeld={() => send(symbols)} />
        {refused.length ? <button type="button" className="plain" onClick={() => send(refused)}>Try {named(refused)} again</button> : null}
      </div>
    </Dialog>
  );
}

/** How far the commands are. */
function Progress({ outcomes }: { outcomes: readonly Outcome[] }): ReactNode {
  const refused = outcomes.filter((each) => each.problem).length;
  const answered = outcomes.filter((each) => each.since).length;
  const waiting = outcomes.filter((each) => !each.sent && !each.since && !each.problem).length;
  return (
    <>
      <p>{answered} of {outcomes.length} answered{waiting ? `, ${waiting} not yet sent: it goes on where this is closed` : ""}.</p>
      {refused ? <p className="bad" role="alert">■ {refused} not stopped.</p> : null}
    </>
  );
}
