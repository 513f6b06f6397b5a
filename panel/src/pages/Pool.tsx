import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useLayoutEffect, useState, type ReactNode } from "react";
import type { Fill, PoolLive } from "../api/client";
import { labelled } from "../lib/keys";
import { decimal, exact, time } from "../lib/numbers";
import { usePool } from "../lib/stream";
import { Act, ActLink } from "../parts/act";
import { Depth } from "../parts/depth";
import { Badge, Freshness, Live, Moment } from "../parts/state";
import { StartDialog } from "../parts/start";
import { StopDialog, type StopKind } from "../parts/stop";
import { LiveTab } from "./PoolLive";
import { HistoryTab } from "./PoolHistory";
import { EventsTab } from "./PoolPast";
import { AttributionTab, ConfigTab, FillsTab, MembersTab, OrdersTab } from "./PoolTabs";
import { CallsOf } from "../parts/matters";
import { NoPicture } from "../parts/nopicture";

const TABS = ["live", "depth", "history", "orders", "fills", "members", "config", "events", "attribution"] as const;
type Tab = (typeof TABS)[number];

export function Pool(): ReactNode {
  const { symbol } = useParams({ from: "/pools/$symbol" });
  const { pool, feed } = usePool(symbol);
  const [dialog, setDialog] = useState<StopKind | "start" | null>(null);
  const search = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const tab = TABS.find((each) => each === search.tab) ?? "live";
  const setTab = (next: Tab): void => void navigate({ to: ".", search: { tab: next } as never, replace: true });
  // Before the page is painted: a stop by key must not depend on how fast the machine is.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (labelled(event) === "K" && !typing) { event.preventDefault(); setDialog("halt"); }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const known = pool ?? { symbol, open_orders: null, net_position_usdt: null };
  return (
    <main>
      <div className="bar">
        <h1>{symbol}</h1>
        {pool ? <Badge state={pool.state} /> : null}
        <Freshness feed={feed} />
        <Act op="pausePool" onClick={() => setDialog("pause")}>Pause…</Act>
        <Act op="flattenPool" onClick={() => setDialog("flatten")}>Flatten…</Act>
        <Act op="haltPool" className="danger" onClick={() => setDialog("halt")} keys="Shift+K">Kill… (Shift+K)</Act>
        <Act op="resumePool" disabled={!pool || pool.state === "ACTIVE"} onClick={() => setDialog("start")}>Start…</Act>
        <ActLink op="replacePool" href={`/pools/${symbol}/edit`}>Edit</ActLink>
        <Link to="/pools/$symbol/explain" params={{ symbol }} className="button">Explain</Link>
      </div>
      {pool ? <Live feed={feed}><Headline pool={pool} last={feed.fills.find((each) => each.symbol === symbol)} /><CallsOf symbol={symbol} feed={feed} /></Live> : <NoPicture symbol={symbol} feed={feed} />}
      <div role="tablist" aria-label="Parts of the pool" className="tabs">
        {TABS.map((each) => <button key={each} type="button" role="tab" aria-selected={tab === each} onClick={() => setTab(each)}>{each}</button>)}
      </div>
      {tab === "live" && pool ? <Live feed={feed}><LiveTab pool={pool} trail={feed.trails[symbol]} /></Live> : null}
      {tab === "depth" ? <Live feed={feed}><Depth symbol={symbol} /></Live> : null}
      {tab === "orders" ? <OrdersTab symbol={symbol} /> : null}
      {tab === "history" ? <HistoryTab symbol={symbol} /> : null}
      {tab === "events" ? <EventsTab symbol={symbol} /> : null}
      {tab === "fills" ? <FillsTab symbol={symbol} /> : null}
      {tab === "members" ? <MembersTab symbol={symbol} /> : null}
      {tab === "config" ? <ConfigTab symbol={symbol} /> : null}
      {tab === "attribution" ? <AttributionTab symbol={symbol} /> : null}
      {dialog === "start" && pool ? <StartDialog pool={pool} onClose={() => setDialog(null)} /> : null}
      {dialog && dialog !== "start" ? <StopDialog kind={dialog} pool={known} onClose={() => setDialog(null)} /> : null}
    </main>
  );
}

function Headline({ pool, last }: { pool: PoolLive; last: Fill | undefined }): ReactNode {
  return (
    <p>
      {pool.state} since <Moment at={pool.since} day /> by {pool.by || "–"}: {pool.failure ?? pool.reason}. Configuration version {pool.config_version}, {pool.active_members} members, position {exact(pool.net_position)}, today net {decimal(pool.day_net_pnl_usdt)} USDT, {decimal(pool.drawdown_usdt)} below the day&apos;s peak.{last ? ` Last fill ${last.side} ${exact(last.size)} at ${exact(last.price)}, ${time(last.ts_event)} UTC.` : ""} <span className="muted">As of {time(pool.as_of)} UTC.</span>
      {pool.unknown_orders ? <strong className="bad"> ? {pool.unknown_orders} of {pool.open_orders} orders are UNKNOWN: the venue has not said whether they are open.</strong> : null}
      {pool.cancel_unconfirmed ? <strong className="bad"> NOT PROVED: the venue has not confirmed that no order is left.</strong> : null}
      {pool.shadow_mode ? <strong className="warn"> Shadow mode: nothing is sent.</strong> : null}
      {pool.records_available ? null : <strong className="warn"> The database does not answer: only what the engine knows is shown.</strong>}
    </p>
  );
}
