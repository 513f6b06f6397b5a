import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, type PoolLive } from "../api/client";
import { decimal, exact, fixed, sum } from "../lib/numbers";
import { events } from "../lib/lists";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { ProblemText } from "./problem";
import { Moment } from "./state";

/** Guards that are limits an operator sets. */
const LIMITS = new Set(["position_limit_exceeded", "loss_limit_exceeded", "drawdown_limit_exceeded"]);

function start(pool: PoolLive): Promise<unknown> {
  const params = { path: { symbol: pool.symbol } };
  if (pool.state === "NOT_RUNNING") return answered(api.POST("/v1/pools/{symbol}/enable", { params }));
  return answered(api.POST("/v1/pools/{symbol}/resume", { params }));
}

/** What others found since the halt, as they recorded it. */
function Reviews({ symbol, since }: { symbol: string; since: string | null }): ReactNode {
  const query = useQuery({ queryKey: ["events", symbol, "reviews"], queryFn: () => events(symbol)() });
  const found = (query.data?.items ?? []).filter((each) => each.text.includes("review") && (!since || each.ts >= since));
  return found.length ? <ul>{found.map((each) => <li key={each.ts}>{each.by}, <Moment at={each.ts} day />: {each.text}</li>)}</ul> : null;
}

/** Starts a pool, after showing what it will quote with and what would stop it at once. */
export function StartDialog({ pool, onClose }: { pool: PoolLive; onClose: () => void }): ReactNode {
  const [note, setNote] = useState("");
  const begin = useMutation({ mutationFn: () => start(pool), onSuccess: onClose });
  const review = useMutation({ mutationFn: () => answered(api.POST("/v1/pools/{symbol}/review", { params: { path: { symbol: pool.symbol } }, body: { note } })) });
  const near = pool.guards?.filter((guard) => Number(guard.headroom) < 0) ?? [];
  const about = (
    <>
      <p>It will quote for {pool.active_members} members with configuration version {pool.config_version}: {pool.members.map((each) => `${each.display_name || each.participant_id} ${decimal(each.capital_weight_pct)} %${each.stopped ? `, ${each.stopped}` : ""}`).join("; ")}. Weights sum to {decimal(sum("0", ...pool.members.map((each) => each.capital_weight_pct)))} of 100 %.</p>
      <p>Limits: {pool.guards?.filter((guard) => LIMITS.has(guard.id)).map((guard) => `${guard.title} ${decimal(guard.threshold)} ${guard.unit}`).join(", ") || "known once the engine runs"}. Book: {exact(pool.book?.best_bid)} / {exact(pool.book?.best_ask)}, {fixed(pool.book?.age_ms, 0)} ms old{pool.book?.detail ? `, ${pool.book.detail}` : ""}.</p>
      {pool.state === "HALTED" ? <p className="warn">Halted at <Moment at={pool.since} day /> by {pool.by}: {pool.reason}.</p> : null}
      {near.map((guard) => <p key={guard.name} className="bad">Would halt at once: {guard.title}, {guard.value} of {guard.threshold} {guard.unit}.</p>)}
    </>
  );
  return (
    <Dialog title={`Start ${pool.symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      {pool.state === "HALTED" ? (
        <div className="bar">
          <label>What your review found <input value={note} onChange={(event) => setNote(event.target.value)} maxLength={500} /></label>
          <Act op="reviewPool" disabled={!note} busy={review.isPending} onClick={() => review.mutate()}>Record review</Act>
          {review.isSuccess ? <span role="status">Recorded. Another person resumes the pool.</span> : null}
          <Reviews symbol={pool.symbol} since={pool.since} />
        </div>) : null}
      <ProblemText error={begin.error ?? review.error} />
      <div className="bar"><CloseButton /><Act op={pool.state === "NOT_RUNNING" ? "enablePool" : "resumePool"} className="go" busy={begin.isPending} onClick={() => begin.mutate()}>Start quoting</Act></div>
    </Dialog>
  );
}
