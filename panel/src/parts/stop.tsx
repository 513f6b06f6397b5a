import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type PoolGlance, type PoolLive } from "../api/client";
import { useSignedOut, type Operation } from "../lib/may";
import { decimal } from "../lib/numbers";
import { proofOf } from "../lib/proof";
import { usePool } from "../lib/stream";
import { newTrace, traced } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { HoldButton } from "./hold";
import { ProblemText } from "./problem";

export type StopKind = "pause" | "flatten" | "halt" | "maker";

const LOOK_UP_MS = 1_000;
/** Status of an answer to one who asks too often. */
const TOO_MANY = 429;

type Words = { op: Operation; title: string; what: string; after: string; path: (symbol: string) => string };
const WORDS: Record<StopKind, Words> = {
  pause: { op: "pausePool", title: "Pause", what: "stops quoting and cancels all orders; the position stays", after: "PAUSED", path: (symbol) => `/v1/pools/${symbol}/pause` },
  flatten: { op: "flattenPool", title: "Flatten", what: "cancels all orders and works the position down with reduce-only orders, then pauses", after: "PAUSED", path: (symbol) => `/v1/pools/${symbol}/flatten` },
  halt: { op: "haltPool", title: "Kill", what: "cancels all orders at once; a review is needed before it quotes again", after: "HALTED", path: (symbol) => `/v1/pools/${symbol}/halt` },
  maker: { op: "stopMaker", title: "Stop", what: "stops quoting and cancels all orders; the position stays", after: "PAUSED", path: (symbol) => `/maker/stop?symbol=${symbol}` },
};

/** open_orders: null before the first picture. */
type Known = Pick<PoolGlance, "symbol" | "net_position_usdt"> & { open_orders: number | null };

/** Sent again where the service refused it for the pace of its caller alone: nothing was done. */
async function sentInTime(kind: StopKind, symbol: string, reason: string, trace: string): Promise<void> {
  for (;;) {
    try {
      await send(kind, symbol, reason, trace);
      return;
    } catch (error) {
      if (!(error instanceof Refused) || error.problem.status !== TOO_MANY) throw error;
      await new Promise((done) => setTimeout(done, LOOK_UP_MS));
    }
  }
}

async function send(kind: StopKind, symbol: string, reason: string, trace: string): Promise<unknown> {
  const params = { path: { symbol } };
  const headers = traced(trace);
  if (kind === "pause") return answered(api.POST("/v1/pools/{symbol}/pause", { params, headers, body: { reason } }));
  if (kind === "halt") return answered(api.POST("/v1/pools/{symbol}/halt", { params, headers, body: { reason } }));
  if (kind === "flatten") return answered(api.POST("/v1/pools/{symbol}/flatten", { params, headers, body: { reason, unwind: true } }));
  return answered(api.POST("/maker/stop", { params: { query: { symbol } }, headers }));
}

/**
 * Sends the command once and returns the service's time after its answer: only a later look at the venue proves.
 * A lost answer is looked up, never sent again.
 */
export async function stopped(kind: StopKind, symbol: string, reason: string, trace: string): Promise<string> {
  try {
    await sentInTime(kind, symbol, reason, trace);
  } catch (error) {
    if (error instanceof Refused) throw error;
    const pool = await lookedUp(symbol);
    const { state } = pool;
    if (state !== WORDS[kind].after && !(kind === "flatten" && unwinds(pool))) throw new Error(`the answer was lost, and ${symbol} is ${state}: the command did not arrive`, { cause: error });
  }
  return (await asked(() => answered(api.GET("/v1/me", {})))).server_time;
}

/** The pool's state, asked until the service answers. */
const lookedUp = (symbol: string): Promise<PoolLive> => asked(() => answered(api.GET("/v1/pools/{symbol}/status", { params: { path: { symbol } } })));

/** A pool that was flattened works its position down before it is PAUSED. */
const unwinds = (pool: PoolLive): boolean => [pool.bid, pool.ask].some((side) => side?.reason.startsWith("unwinding"));

/** A question, put again until it is answered: only a command must not be sent again. */
export async function asked<T>(question: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await question();
    } catch (error) {
      if (error instanceof Refused) throw error;
      await new Promise((done) => setTimeout(done, LOOK_UP_MS));
    }
  }
}

/** A pause of a pool that holds nothing loses nothing: one confirmation is enough. */
const once = (kind: StopKind, pool: Known): boolean => kind === "pause" && pool.net_position_usdt !== null && Number(pool.net_position_usdt) === 0;

/** Stops one pool. Confirmed by typing its symbol or by holding the button; then shows what is proved. */
export function StopDialog({ kind, pool, onClose }: { kind: StopKind; pool: Known; onClose: () => void }): ReactNode {
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [trace] = useState(newTrace);
  const [simple] = useState(() => once(kind, pool)); // the stream moves on, the question stays
  const stop = useMutation({ mutationFn: () => stopped(kind, pool.symbol, reason, trace) });
  const words = WORDS[kind];
  const about = (
    <p>{words.title} {words.what}. It has {pool.open_orders ?? "–"} orders; position {decimal(pool.net_position_usdt)} USDT. State becomes {words.after}.</p>
  );
  return (
    <Dialog title={`${words.title} ${pool.symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      <SignedOut symbol={pool.symbol} path={words.path(pool.symbol)} />
      {kind === "maker" ? null : <label>Reason, for the audit log <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>}
      <label>{simple ? "It holds no position: nothing has to be typed. " : ""}Type {pool.symbol} <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
      <ProblemText error={stop.error} />
      {stop.isIdle ? null : <p className="muted">Trace <code>{trace}</code>, as the audit log has it.</p>}
      {stop.isPending ? <p role="status" className="warn">NOT PROVED: the command is sent, no answer yet; it is not sent again.</p> : null}
      {stop.isSuccess ? <ProofLine symbol={pool.symbol} since={stop.data} /> : null}
      <div className="bar">
        <CloseButton />
        <Act op={words.op} className="danger" disabled={(!isTyped(typed, pool.symbol) && !simple) || !stop.isIdle} onClick={() => stop.mutate()}>{words.title} now</Act>
        <HoldButton op={words.op} label={words.title} disabled={!stop.isIdle} onHeld={() => stop.mutate()} />
        {stop.isError ? <button type="button" className="plain" onClick={() => stop.reset()}>Try again</button> : null}
      </div>
    </Dialog>
  );
}

/** Says at once that a page without a sign-in cannot stop anything, and what can. */
export function SignedOut({ symbol, path }: { symbol: string; path: string }): ReactNode {
  if (!useSignedOut()) return null;
  return (
    <p className="bad" role="alert">
      This page is not signed in and cannot stop {symbol}. On the service&apos;s machine: <code>market_maker kill</code>. With a token:
      {" "}<code>curl -X POST {location.origin}{path} -H &quot;Authorization: Bearer $TOKEN&quot;</code>
    </p>
  );
}

const clock = (moment: string): string => moment.slice(11, 23);

/** What the venue has confirmed since a stop. */
export function ProofLine({ symbol, since }: { symbol: string; since: string }): ReactNode {
  const { pool, feed } = usePool(symbol);
  const looks = (feed.looks[symbol] ?? []).filter((each) => each.at > since);
  if (!pool) return <p role="status" data-testid={`proof-${symbol}`}>NOT PROVED: waiting for the pool&apos;s state</p>;
  const proof = proofOf(pool, since);
  return (
    <>
      <p role="status" data-testid={`proof-${symbol}`} className={proof.proved ? "ok" : "warn"}>
        {proof.proved ? "✓ PROVED" : "NOT PROVED"}: {proof.words}
      </p>
      <ul className="muted">
        <li>{clock(since)} the command was answered</li>
        {looks.map((each) => <li key={each.at}>{clock(each.at)} the venue was asked: {each.open} open, {each.unknown} unknown</li>)}
      </ul>
    </>
  );
}
