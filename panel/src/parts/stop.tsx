import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, type PoolGlance } from "../api/client";
import { decimal } from "../lib/numbers";
import { proofOf } from "../lib/proof";
import { usePool } from "../lib/stream";
import { CloseButton, Dialog } from "./dialog";
import { HoldButton } from "./hold";
import { ProblemText } from "./problem";

export type StopKind = "pause" | "flatten" | "halt";

const WORDS: Record<StopKind, { title: string; what: string; after: string }> = {
  pause: { title: "Pause", what: "stops quoting and cancels all orders; the position stays", after: "PAUSED" },
  flatten: { title: "Flatten", what: "cancels all orders and works the position down with reduce-only orders, then pauses", after: "PAUSED" },
  halt: { title: "Kill", what: "cancels all orders at once; a review is needed before it quotes again", after: "HALTED" },
};

type Known = Pick<PoolGlance, "symbol" | "open_orders" | "net_position_usdt">;

async function send(kind: StopKind, symbol: string, reason: string): Promise<string> {
  const params = { path: { symbol } };
  if (kind === "pause") await answered(api.POST("/v1/pools/{symbol}/pause", { params, body: { reason } }));
  if (kind === "halt") await answered(api.POST("/v1/pools/{symbol}/halt", { params, body: { reason } }));
  if (kind === "flatten") await answered(api.POST("/v1/pools/{symbol}/flatten", { params, body: { reason, unwind: true } }));
  const now = await answered(api.GET("/v1/pools/{symbol}/status", { params }));
  return now.since ?? "";
}

/** Stops one pool. Confirmed by typing its symbol or by holding the button; then shows what is proved. */
export function StopDialog({ kind, pool, onClose }: { kind: StopKind; pool: Known; onClose: () => void }): ReactNode {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const stop = useMutation({ mutationFn: () => send(kind, pool.symbol, reason) });
  const words = WORDS[kind];
  const about = (
    <p>{words.title} {words.what}. It has {pool.open_orders} orders; position {decimal(pool.net_position_usdt)} USDT. State becomes {words.after}.</p>
  );
  return (
    <Dialog title={`${words.title} ${pool.symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      <label>Reason, for the audit log <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
      <label>Type {pool.symbol} <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
      <ProblemText error={stop.error} />
      {stop.isSuccess ? <ProofLine symbol={pool.symbol} since={stop.data} /> : null}
      <div className="bar">
        <CloseButton />
        <button type="button" className="danger" disabled={typed !== pool.symbol || !stop.isIdle} onClick={() => stop.mutate()}>{words.title} now</button>
        <HoldButton label={words.title} disabled={!stop.isIdle} onHeld={() => stop.mutate()} />
        {stop.isError ? <button type="button" className="plain" onClick={() => stop.reset()}>Try again</button> : null}
      </div>
    </Dialog>
  );
}

/** What the venue has confirmed since a stop. */
export function ProofLine({ symbol, since }: { symbol: string; since: string }): ReactNode {
  const { pool } = usePool(symbol);
  if (!pool) return <p role="status" data-testid={`proof-${symbol}`}>NOT PROVED: waiting for the pool's state</p>;
  const proof = proofOf(pool, since);
  return (
    <p role="status" data-testid={`proof-${symbol}`} className={proof.proved ? "ok" : "warn"}>
      {proof.proved ? "✓ PROVED" : "NOT PROVED"}: {proof.words}
    </p>
  );
}
