import { Link } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import type { Glance, PoolGlance } from "../api/client";
import { decimal } from "../lib/numbers";
import { useFeed } from "../lib/stream";
import { Act, ActLink } from "../parts/act";
import { Badge, Freshness, Live } from "../parts/state";
import { StopDialog } from "../parts/stop";
import { DataTable, type Column } from "../parts/table";

const WORST_FIRST = ["HALTED", "PAUSED", "ACTIVE", "NOT_RUNNING"];

const orders = (pool: PoolGlance): string =>
  `${pool.open_orders}${pool.unknown_orders ? ` (${pool.unknown_orders} unknown)` : ""}${pool.cancel_unconfirmed ? " unconfirmed" : ""}`;

function columns(stop: (pool: PoolGlance) => void): Column<PoolGlance>[] {
  return [
    { id: "symbol", head: "Pool", words: true, sort: (p) => p.symbol, cell: (p) => <Link to="/pools/$symbol" params={{ symbol: p.symbol }}>{p.symbol}</Link> },
    { id: "state", head: "State", words: true, sort: (p) => p.state, cell: (p) => <Badge state={p.state} /> },
    { id: "quoting", head: "Quoting", words: true, sort: (p) => (p.quoting ? "yes" : "no"), cell: (p) => (p.quoting ? "yes" : "no") },
    { id: "why", head: "Why", cell: (p) => p.failure ?? p.reason },
    { id: "orders", head: "Orders", num: true, sort: (p) => String(p.open_orders), cell: orders },
    { id: "position", head: "Position USDT", num: true, sort: (p) => p.net_position_usdt, cell: (p) => decimal(p.net_position_usdt) },
    { id: "net", head: "Net PnL USDT", num: true, sort: (p) => p.net_pnl_usdt, cell: (p) => decimal(p.net_pnl_usdt) },
    { id: "stop", head: "Stop", cell: (p) => <Act op="pausePool" disabled={p.state !== "ACTIVE"} onClick={() => stop(p)}>Pause {p.symbol}…</Act> },
  ];
}

export function Pools(): ReactNode {
  const feed = useFeed();
  const [search, setSearch] = useState("");
  const [state, setState] = useState("");
  const [stopping, setStopping] = useState<PoolGlance | null>(null);
  const shown = useMemo(() => selected(feed.glance, search, state), [feed.glance, search, state]);
  const table = useMemo(() => columns(setStopping), []);
  return (
    <main>
      <div className="bar"><h1>Pools</h1><Freshness feed={feed} /><ActLink op="createPool" href="/pools/new">New pool</ActLink></div>
      {feed.glance ? <Totals glance={feed.glance} /> : <p role="status">Waiting for the first picture…</p>}
      <div className="bar">
        <label>Search <input type="search" value={search} onChange={(event) => setSearch(event.target.value)} /></label>
        <label>State <select value={state} onChange={(event) => setState(event.target.value)}>
          <option value="">all</option>{WORST_FIRST.map((each) => <option key={each}>{each}</option>)}
        </select></label>
      </div>
      {feed.glance ? (
        <Live feed={feed}>
          <DataTable csv label="Pools" columns={table} rows={shown} keyOf={(pool) => pool.symbol} empty={search || state ? "No pool fits the search." : "No pool yet. Create one with New pool."} />
        </Live>) : null}
      {stopping ? <StopDialog kind="pause" pool={stopping} onClose={() => setStopping(null)} /> : null}
    </main>
  );
}

function Totals({ glance }: { glance: Glance }): ReactNode {
  return (
    <p className="totals">
      {WORST_FIRST.map((state) => <span key={state}><Badge state={state} /> {glance.counts[state] ?? 0}</span>)}
      <span>orders {glance.open_orders}, unknown {glance.unknown_orders}</span>
      <span>net PnL {decimal(glance.net_pnl_usdt)} USDT</span>
    </p>
  );
}

function selected(glance: Glance | null, search: string, state: string): PoolGlance[] {
  const wanted = search.trim().toUpperCase();
  const fits = (pool: PoolGlance): boolean => pool.symbol.includes(wanted) && (state === "" || pool.state === state);
  const rank = (pool: PoolGlance): number => WORST_FIRST.indexOf(pool.state);
  return (glance?.pools ?? []).filter(fits).toSorted((a, b) => rank(a) - rank(b) || a.symbol.localeCompare(b.symbol));
}
