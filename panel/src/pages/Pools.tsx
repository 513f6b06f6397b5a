import { Link } from "@tanstack/react-router";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { Glance, PoolGlance } from "../api/client";
import { serviceNow } from "../lib/clock";
import { decimal, fixed, recent } from "../lib/numbers";
import { useFeed, usePool } from "../lib/stream";
import { Act, ActLink } from "../parts/act";
import { BulkStop, type BulkKind } from "../parts/bulk";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { Badge, Freshness, Live, Used } from "../parts/state";
import { CloseButton, Dialog } from "../parts/dialog";
import { Loading } from "../parts/loading";
import { Calls } from "../parts/matters";
import { NoPicture } from "../parts/nopicture";
import { StartDialog } from "../parts/start";
import { StopDialog } from "../parts/stop";
import { DataTable, type Column } from "../parts/table";

const WORST_FIRST = ["HALTED", "PAUSED", "ACTIVE", "NOT_RUNNING"];

/** What of its orders is not sure. */
const unproved = (pool: PoolGlance): string =>
  [pool.unknown_orders ? `${pool.unknown_orders} unknown` : "", pool.cancel_unconfirmed ? "cancels not confirmed" : ""].filter(Boolean).join(", ");

/** Why a pool stands as it does; of one that does not run, who stopped it and when. */
const why = (pool: PoolGlance): string =>
  pool.failure ?? (pool.silent || (pool.state === "ACTIVE" || !pool.since ? pool.reason : `${pool.reason}, by ${pool.by || "–"} since ${recent(pool.since, serviceNow())}`));

/** Which sides have orders, and a position that should be worked off. */
const quoting = (p: PoolGlance): string =>
  `${p.quoting_bid ? "bid" : "–"} ${p.quoting_ask ? "ask" : "–"}${p.rebalance === "buy" || p.rebalance === "sell" ? `, rebalance: ${p.rebalance}` : ""}`;

const FILTERS: readonly Filter[] = [{ name: "q", label: "Search" }, { name: "state", label: "State", choices: WORST_FIRST }, { name: "venue", label: "Venue" }];

function columns(stop: (pool: PoolGlance) => void, start: (symbol: string) => void, marked: ReadonlySet<string>, mark: (symbol: string) => void): Column<PoolGlance>[] {
  return [
    {
      id: "symbol", head: "Pool", words: true, sort: (p) => p.symbol,
      cell: (p) => (
        <>
          <input type="checkbox" className="mark" aria-label={`Mark ${p.symbol}`} title={p.state === "ACTIVE" ? undefined : "Only ACTIVE pools are paused or flattened together"} disabled={p.state !== "ACTIVE"} checked={marked.has(p.symbol)} onChange={() => mark(p.symbol)} />
          <Link to="/pools/$symbol" params={{ symbol: p.symbol }}>{p.symbol}</Link>
        </>),
    },
    { id: "state", head: "State", words: true, sort: (p) => p.state, cell: (p) => <Badge state={p.state} /> },
    {
      id: "stop", head: "Stop and start",
      cell: (p) => (p.state === "ACTIVE" ? <Act op="pausePool" onClick={() => stop(p)}><span aria-hidden="true">Pause…</span><span className="unseen">Pause {p.symbol}…</span></Act> : <Act op={p.state === "NOT_RUNNING" ? "enablePool" : "resumePool"} onClick={() => start(p.symbol)}><span aria-hidden="true">Start…</span><span className="unseen">Start {p.symbol}…</span></Act>),
    },
    { id: "quoting", head: "Quoting", words: true, sort: quoting, cell: quoting },
    { id: "why", head: "Why", wraps: true, words: true, sort: why, cell: (p) => <span title={why(p)}>{why(p)}</span> },
    { id: "orders", head: "Orders", num: true, sort: (p) => String(p.open_orders), cell: (p) => p.open_orders },
    { id: "unproved", head: "Not proved", words: true, sort: unproved, cell: (p) => <strong className="bad">{unproved(p)}</strong> },
    { id: "position", head: "Position USDT", num: true, sort: (p) => p.net_position_usdt, cell: (p) => decimal(p.net_position_usdt) },
    { id: "used", head: "Limit used", sort: (p) => (p.worst_guard ? String(p.worst_guard.used_pct) : null), cell: (p) => (p.worst_guard ? <span title={p.worst_guard.title}><Used share={(p.worst_guard.used_pct ?? 0) / 100} label={`${p.worst_guard.title} of ${p.symbol}`} /></span> : "–") },
    { id: "day", head: "Day net USDT", num: true, sort: (p) => p.day_net_pnl_usdt, cell: (p) => decimal(p.day_net_pnl_usdt) },
    { id: "drawdown", head: "Below peak", num: true, sort: (p) => p.drawdown_usdt, cell: (p) => decimal(p.drawdown_usdt) },
    { id: "net", head: "Net PnL USDT", num: true, sort: (p) => p.net_pnl_usdt, cell: (p) => decimal(p.net_pnl_usdt) },
    { id: "up", head: "Up %", num: true, sort: (p) => (p.uptime_pct === null ? null : String(p.uptime_pct)), cell: (p) => fixed(p.uptime_pct, 1) },
    { id: "venue", head: "Venue", words: true, sort: (p) => p.venue, cell: (p) => p.venue },
  ];
}

/** Symbols that are marked, one more or one less, or all of a list. */
function useMarks(): { marked: ReadonlySet<string>; mark: (symbol: string) => void; setMarked: (all: Iterable<string>) => void } {
  const [marked, set] = useState<ReadonlySet<string>>(new Set());
  const mark = useCallback((symbol: string): void => set((now) => new Set(now.has(symbol) ? [...now].filter((each) => each !== symbol) : [...now, symbol])), []);
  const setMarked = useCallback((all: Iterable<string>): void => set(new Set(all)), []);
  return { marked, mark, setMarked };
}

export function Pools(): ReactNode {
  const feed = useFeed();
  const [{ q: search = "", state = "", venue = "" }, setFilter] = useFilters(FILTERS);
  const [stopping, setStopping] = useState<PoolGlance | null>(null);
  const [starting, setStarting] = useState<string | null>(null);
  const [bulk, setBulk] = useState<{ kind: BulkKind; pools: readonly PoolGlance[] } | null>(null);
  const { marked, mark, setMarked } = useMarks();
  const shown = useMemo(() => selected(feed.glance, search, state, venue), [feed.glance, search, state, venue]);
  const table = useMemo(() => columns(setStopping, setStarting, marked, mark), [marked, mark]);
  const markable = shown.filter((pool) => pool.state === "ACTIVE").map((pool) => pool.symbol);
  const chosen = (feed.glance?.pools ?? []).filter((pool) => marked.has(pool.symbol) && pool.state === "ACTIVE");
  return (
    <main>
      <div className="bar"><h1>Pools</h1><ActLink op="createPool" href="/pools/new">New pool</ActLink><Freshness feed={feed} /></div>
      {feed.glance ? <Live feed={feed}><Totals glance={feed.glance} /><Calls feed={feed} /></Live> : <NoPicture feed={feed} />}
      <div className="bar">
        <FilterBar filters={FILTERS} values={{ q: search, state, venue }} onChange={setFilter} />
        <button type="button" className="plain" disabled={chosen.length + markable.length === 0} onClick={() => setMarked(chosen.length ? [] : markable)}>{chosen.length ? "Mark none" : "Mark all ACTIVE"}</button>
        <Act op="pausePool" disabled={chosen.length === 0} onClick={() => setBulk({ kind: "pause", pools: chosen })}>Pause selected…{chosen.length ? ` (${chosen.length})` : ""}</Act>
        <Act op="flattenPool" disabled={chosen.length === 0} onClick={() => setBulk({ kind: "flatten", pools: chosen })}>Flatten selected…{chosen.length ? ` (${chosen.length})` : ""}</Act>
      </div>
      {feed.glance ? (
        <Live feed={feed}>
          <DataTable csv addressed choosable label="Pools" columns={table} rows={shown} keyOf={(pool) => pool.symbol} empty={search || state || venue ? "No pool fits the search." : "No pool yet. Create one with New pool."} />
        </Live>) : null}
      {bulk ? <BulkStop kind={bulk.kind} pools={bulk.pools} onClose={() => { setBulk(null); setMarked([]); }} /> : null}
      {starting ? <Starting symbol={starting} onClose={() => setStarting(null)} /> : null}
      {stopping ? <StopDialog kind="pause" pool={stopping} onClose={() => setStopping(null)} /> : null}
    </main>
  );
}

/** The dialog of a start, once the pool's own picture is there. */
function Starting({ symbol, onClose }: { symbol: string; onClose: () => void }): ReactNode {
  const { pool, feed } = usePool(symbol);
  if (pool) return <StartDialog pool={pool} onClose={onClose} />;
  return (
    <Dialog title={`Start ${symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={<p>What it will quote with is not known yet.</p>}>
      <Loading verb="Waiting for" of={symbol} />
      <Freshness feed={feed} />
      <div className="bar"><CloseButton /></div>
    </Dialog>
  );
}

function Totals({ glance }: { glance: Glance }): ReactNode {
  return (
    <p className="totals">
      {WORST_FIRST.map((state) => <span key={state}><Badge state={state} /> {glance.counts[state] ?? 0}</span>)}
      <span>orders {glance.open_orders}, {glance.unknown_orders ? <strong className="bad">unknown {glance.unknown_orders}</strong> : "unknown 0"}</span>
      <span>today net {decimal(glance.day_net_pnl_usdt)} USDT</span>
      <span>net PnL {decimal(glance.net_pnl_usdt)} USDT</span>
    </p>
  );
}

function selected(glance: Glance | null, search: string, state: string, venue: string): PoolGlance[] {
  const wanted = search.trim().toUpperCase();
  const fits = (pool: PoolGlance): boolean => pool.symbol.toUpperCase().includes(wanted) && (state === "" || pool.state === state) && pool.venue.toUpperCase().includes(venue.trim().toUpperCase());
  const rank = (pool: PoolGlance): number => WORST_FIRST.indexOf(pool.state);
  return (glance?.pools ?? []).filter(fits).toSorted((a, b) => rank(a) - rank(b) || a.symbol.localeCompare(b.symbol));
}
