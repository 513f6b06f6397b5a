import type { ReactNode } from "react";
import type { PoolLive, Schemas } from "../api/client";
import { age, decimal, exact, fixed, share, time } from "../lib/numbers";
import { EMPTY_TRAIL, type Trail } from "../lib/trail";
import { Chart, type Series } from "../parts/chart";
import { reasonOf } from "../parts/quote";
import { Used } from "../parts/state";
import { DataTable } from "../parts/table";
import { Taken } from "../parts/taken";

const QUOTES: Series[] = [{ label: "mid", colour: "--muted" }, { label: "fair", colour: "--fg", dash: [4, 3] }, { label: "bid", colour: "--bid" }, { label: "ask", colour: "--ask" }];
const POSITION: Series[] = [{ label: "position", colour: "--fg" }];
const PNL: Series[] = [{ label: "net", colour: "--fg" }, { label: "realised", colour: "--muted" }];

type SideLive = NonNullable<PoolLive["bid"]>;
type Guard = Schemas["Guard"];

/** What an operator needs first: why each side quotes or not, how near the guards are, what is out. */
export function LiveTab({ pool, trail = EMPTY_TRAIL }: { pool: PoolLive; trail?: Trail | undefined }): ReactNode {
  return (
    <>
      <div className="cols">
        <section aria-label="Why"><h2>Why</h2><SideLine name="bid" side={pool.bid} /><SideLine name="ask" side={pool.ask} /><Estimates pool={pool} /><Taken symbol={pool.symbol} /></section>
        <section aria-label="Book"><h2>Book and own orders</h2><BookTable pool={pool} /></section>
        <section aria-label="Guards"><h2>Guards</h2><Guards guards={pool.guards ?? []} /></section>
      </div>
      <Chart title="Quotes" series={QUOTES} points={trail.quotes} sync={pool.symbol} />
      <Chart title="Position" series={POSITION} points={trail.position} sync={pool.symbol} height={110} />
      <Chart title="PnL, USDT" series={PNL} points={trail.pnl} sync={pool.symbol} height={110} />
      <h2>Members</h2>
      <DataTable label="Members, live" rows={pool.members} keyOf={(m) => m.participant_id} empty="No member." columns={[
        { id: "who", head: "Participant", cell: (m) => <span title={m.participant_id}>{m.display_name || m.participant_id}</span> },
        { id: "weight", head: "Weight %", num: true, cell: (m) => decimal(m.capital_weight_pct) },
        { id: "orders", head: "Orders", num: true, cell: (m) => m.open_orders ?? "–" },
        { id: "stopped", head: "Stopped", cell: (m) => (m.active ? "" : <strong className="warn">{m.stopped || "not active"}</strong>) },
        { id: "position", head: "Position", num: true, cell: (m) => exact(m.position) },
        { id: "net", head: "Net PnL USDT", num: true, cell: (m) => decimal(m.pnl?.net) },
      ]} />
    </>
  );
}

function SideLine({ name, side }: { name: "bid" | "ask"; side: SideLive | null }): ReactNode {
  if (!side) return <p className={name}><b>{name}</b> no engine</p>;
  return <p className={name}><b>{name}</b> {side.quoting ? `${exact(side.price)} × ${exact(side.size)}, ${side.live_orders} orders` : "SILENT"}: {reasonOf(side)}</p>;
}

function Estimates({ pool }: { pool: PoolLive }): ReactNode {
  const known = pool.estimates;
  if (!known) return null;
  const rebalance = pool.rebalance;
  return (
    <>
      <p>fair {exact(known.fair)}, mid {exact(known.mid)}, sigma {fixed(known.sigma_bps)} bps/√h, spread {fixed(known.spread_bps)} bps ({known.clamp})</p>
      <p>book {exact(pool.book?.best_bid)} / {exact(pool.book?.best_ask)}, {age(pool.book?.age_ms)} old{pool.book?.detail ? <strong className="warn">, {pool.book.detail}</strong> : null}</p>
      {rebalance && rebalance.action !== "none" ? <p>rebalance: {rebalance.action} {exact(rebalance.size)}, urgency {rebalance.urgency}</p> : null}
    </>
  );
}

function BookTable({ pool }: { pool: PoolLive }): ReactNode {
  const own = (pool.orders ?? []).toSorted((a, b) => Number(b.price) - Number(a.price));
  return (
    <DataTable label="Own orders" rows={own} keyOf={(o) => String(o.order_id)} empty="No own orders." columns={[
      { id: "side", head: "Side", cell: (o) => <span className={o.side === "BUY" ? "bid" : "ask"}><b>{o.side}</b></span> },
      { id: "price", head: "Price", num: true, cell: (o) => exact(o.price) },
      { id: "leaves", head: "Leaves", num: true, cell: (o) => exact(o.leaves) },
      { id: "state", head: "State", cell: (o) => (o.state === "UNKNOWN" ? <strong className="bad">? UNKNOWN</strong> : o.state) },
      { id: "ahead", head: "Ahead, at most", num: true, cell: (o) => exact(o.queue_ahead) },
      { id: "since", head: "Since", cell: (o) => <span title={o.client_order_id}>{time(o.created_at)}</span> },
      { id: "level", head: "Level", num: true, cell: (o) => o.level },
    ]} />
  );
}

function Guards({ guards }: { guards: readonly Guard[] }): ReactNode {
  return (
    <DataTable label="Guards" rows={guards} keyOf={(g) => g.name} empty="No guard is reported." columns={[
      { id: "name", head: "Guard", cell: (g) => <span title={g.text}>{g.title}</span> },
      { id: "used", head: "Used", cell: (g) => <Used share={share(g.value, g.threshold)} label={g.title} /> },
      { id: "value", head: "Value", num: true, cell: (g) => decimal(g.value) },
      { id: "limit", head: "Limit", num: true, cell: (g) => decimal(g.threshold) },
      { id: "unit", head: "Unit", cell: (g) => g.unit },
    ]} />
  );
}
