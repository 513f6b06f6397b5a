import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type PoolLive, type Schemas } from "../api/client";
import { decimal, exact, fixed } from "../lib/numbers";
import { usePool, usePools } from "../lib/stream";
import { EMPTY_TRAIL, type Trail } from "../lib/trail";
import { Act } from "../parts/act";
import { Chart, type Series } from "../parts/chart";
import { Depth } from "../parts/depth";
import { MakerStartDialog } from "../parts/maker_start";
import { ProblemText } from "../parts/problem";
import { NoPicture } from "../parts/nopicture";
import { QuoteLine } from "../parts/quote";
import { Read } from "../parts/read";
import { Badge, Freshness, Live, Moment } from "../parts/state";
import { StopDialog } from "../parts/stop";
import { DataTable, type Column } from "../parts/table";
import { Loading } from "../parts/loading";

type Status = Schemas["MakerStatus"];
type Performance = Schemas["MakerPerformance"];

const REFRESH_MS = 5_000;

/** A JSON number of /maker as decimal text: these addresses alone send numbers. */
const text = (value: number | null | undefined): string | null => (value === null || value === undefined ? null : String(value));
const percent = (value: number | null | undefined): string => (value === null || value === undefined ? "–" : `${fixed(value * 100)} %`);
const bps = (fraction: number | null | undefined): string => (fraction === null || fraction === undefined ? "–" : `${fixed(fraction * 1e4)} bps`);

const NONE: readonly string[] = [];

/** Every symbol that the smart strategy has, whether it quotes or not. */
function useMakers(): { symbols: string[] | null; error: unknown } {
  const query = useQuery({ queryKey: ["makers"], refetchInterval: REFRESH_MS, queryFn: async () => {
    const page = await answered(api.GET("/v1/pools", { params: { query: { limit: 1_000 } } }));
    return page.items.filter((pool) => pool.strategy === "smart").map((pool) => pool.symbol);
  } });
  return { symbols: query.data ?? null, error: query.error };
}

const statusOf = (symbol: string) => ({ queryKey: ["maker", symbol, "status"], refetchInterval: REFRESH_MS, queryFn: () => answered(api.GET("/maker/status/{symbol}", { params: { path: { symbol } } })) });
const performanceOf = (symbol: string) => ({ queryKey: ["maker", symbol, "performance"], refetchInterval: REFRESH_MS * 2, queryFn: () => answered(api.GET("/maker/performance/{symbol}", { params: { path: { symbol } } })) });

export function Makers(): ReactNode {
  const { symbols, error } = useMakers();
  const { pools, feed } = usePools(symbols ?? NONE);
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<{ start: string } | { stop: string } | null>(null);
  const close = (): void => { setDialog(null); void queries.invalidateQueries({ queryKey: ["makers"] }); void queries.invalidateQueries({ queryKey: ["maker"] }); };
  const stopping = dialog && "stop" in dialog ? dialog.stop : null;
  const known = (symbol: string) => pools[symbol] ?? { symbol, open_orders: 0, net_position_usdt: null };
  return (
    <main>
      <div className="bar"><h1>Smart market making</h1><Act op="startMaker" className="go" onClick={() => setDialog({ start: "" })}>Start a symbol…</Act><Freshness feed={feed} /></div>
      <ProblemText error={error} />
      <RiskAlerts />
      {symbols || error ? null : <Loading of="the symbols" />}
      {symbols ? <><Live feed={feed}>
        <h2>Quotes and inventory</h2>
        <DataTable label="Symbols" rows={symbols} keyOf={(s) => s} empty="No symbol was started yet. Start one." columns={quoteColumns(pools, (start) => setDialog({ start }), (stop) => setDialog({ stop }))} />
      </Live>
      <h2>Performance</h2>
      <DataTable label="Performance" rows={symbols} keyOf={(s) => s} empty="No performance yet." columns={PERFORMANCE} /></> : null}
      {dialog && "start" in dialog ? <MakerStartDialog symbol={dialog.start} onClose={close} /> : null}
      {stopping ? <StopDialog kind="maker" pool={known(stopping)} onClose={close} /> : null}
    </main>
  );
}

function quoteColumns(pools: Record<string, PoolLive>, start: (symbol: string) => void, stop: (symbol: string) => void): Column<string>[] {
  return [
    { id: "symbol", head: "Symbol", cell: (s) => <Link to="/maker/$symbol" params={{ symbol: s }}>{s}</Link> },
    { id: "state", head: "State", cell: (s) => (pools[s] ? <Badge state={pools[s].state} /> : "–") },
    { id: "bid", head: "Bid", num: true, cell: (s) => quoted(pools[s]?.bid) },
    { id: "ask", head: "Ask", num: true, cell: (s) => quoted(pools[s]?.ask) },
    { id: "spread", head: "Spread bps", num: true, cell: (s) => fixed(pools[s]?.estimates?.spread_bps, 2) },
    { id: "inventory", head: "Inventory", num: true, cell: (s) => exact(pools[s]?.net_position) },
    { id: "rebalance", head: "Rebalance", cell: (s) => <Signal pool={pools[s]} /> },
    { id: "pnl", head: "Net PnL USDT", num: true, cell: (s) => decimal(pools[s]?.pnl?.net) },
    { id: "risk", head: "Risk", cell: (s) => <RiskCell symbol={s} /> },
    { id: "act", head: "Start and stop", cell: (s) => pools[s]?.state === "ACTIVE"
      ? <Act op="stopMaker" className="danger" onClick={() => stop(s)}>Stop {s}…</Act>
      : <Act op="startMaker" disabled={!pools[s]} onClick={() => start(s)}>Start {s}…</Act> },
  ];
}

const quoted = (side: PoolLive["bid"] | undefined): string => (side?.quoting ? `${exact(side.price)} × ${exact(side.size)}` : "–");

/** Which way the inventory should move, how much and how urgently, by mark and word. */
function Signal({ pool }: { pool: PoolLive | undefined }): ReactNode {
  const wanted = pool?.rebalance;
  if (!wanted) return "–";
  if (wanted.action === "none") return <span className="ok">● none</span>;
  return <strong className={wanted.urgency === "high" ? "bad" : "warn"}>{wanted.action === "buy" ? "▲" : "▼"} {wanted.action} {exact(wanted.size)}, urgency {wanted.urgency}</strong>;
}

function RiskCell({ symbol }: { symbol: string }): ReactNode {
  const { data, error } = useQuery(statusOf(symbol));
  return error ? <strong className="warn">? not read</strong> : <RiskLights risk={data?.risk_status ?? null} />;
}

/** The document's colours, green and red, with a shape and a word for each. */
export function RiskLights({ risk }: { risk: Status["risk_status"] }): ReactNode {
  if (!risk) return "–";
  const lights: [string, boolean][] = [["position", risk.position_ok], ["loss", risk.loss_ok], ["exposure", risk.exposure_ok]];
  return <>{lights.map(([name, ok]) => <span key={name} className={ok ? "ok light" : "bad light"}>{ok ? "●" : "■"} {name} {ok ? "normal" : "ALERT"}</span>)}</>;
}

function PerformanceCell({ symbol, show }: { symbol: string; show: (seen: Performance) => string }): ReactNode {
  const { data: seen, error } = useQuery(performanceOf(symbol));
  return seen && !error ? show(seen) : "–";
}

const measure = (id: string, head: string, show: (seen: Performance) => string): Column<string> => ({ id, head, num: true, cell: (s) => <PerformanceCell symbol={s} show={show} /> });
const PERFORMANCE: Column<string>[] = [
  { id: "symbol", head: "Symbol", cell: (s) => s },
  measure("pnl", "Total PnL USDT", (p) => decimal(text(p.total_pnl))),
  measure("trades", "Trades, 24 h", (p) => String(p.total_trades)),
  measure("spread", "Average spread", (p) => bps(p.avg_spread)),
  measure("fill", "Fill rate", (p) => percent(p.fill_rate)),
  measure("turnover", "Inventory turnover", (p) => decimal(text(p.inventory_turnover))),
];

function RiskAlerts(): ReactNode {
  const query = useQuery({ queryKey: ["maker", "alerts"], refetchInterval: REFRESH_MS, queryFn: () => answered(api.GET("/maker/risk/alerts", {})) });
  return <Read query={query} of="the risk alerts">{(found) => <Found found={found} />}</Read>;
}

function Found({ found }: { found: Schemas["MakerAlerts"] }): ReactNode {
  if (found.alert_count === 0) return <p className="ok" role="status">● no risk alert</p>;
  return (
    <section aria-label="Risk alerts" className="problem">
      <h2>{found.alert_count} risk alerts</h2>
      <ul>{found.alerts.map((alert) => <li key={alert.symbol}><strong className="bad">■ {alert.symbol}</strong> {alert.issues.join(", ")}, <Moment at={alert.timestamp} /></li>)}</ul>
    </section>
  );
}

/** Of a pool with another strategy, whose status the smart engine does not have. */
const isOther = (error: unknown): boolean => error instanceof Refused && error.problem.status === 404;

const INVENTORY: Series[] = [{ label: "inventory", colour: "--fg" }];
const PNL: Series[] = [{ label: "net", colour: "--fg" }, { label: "peak", colour: "--ok", dash: [4, 3] }, { label: "realised", colour: "--muted" }];

export function Maker(): ReactNode {
  const { symbol } = useParams({ from: "/maker/$symbol" });
  const { pool, feed } = usePool(symbol);
  const status = useQuery(statusOf(symbol));
  const queries = useQueryClient();
  const [dialog, setDialog] = useState<"start" | "stop" | null>(null);
  const close = (): void => { setDialog(null); void queries.invalidateQueries({ queryKey: ["maker", symbol] }); };
  return (
    <main>
      <div className="bar">
        <h1>{symbol}</h1>{pool ? <Badge state={pool.state} /> : null}<Freshness feed={feed} />
        <Act op="startMaker" className="go" disabled={!pool || pool.state === "ACTIVE"} onClick={() => setDialog("start")}>Start…</Act>
        <Act op="stopMaker" className="danger" onClick={() => setDialog("stop")}>Stop…</Act>
        <Link to="/pools/$symbol" params={{ symbol }} className="button">Open the pool</Link>
      </div>
      {pool && isOther(status.error) ? <p className="warn" role="status">{symbol} was not started by the smart engine: its risk is shown with <Link to="/pools/$symbol" params={{ symbol }}>its pool</Link>.</p> : pool ? <Read query={status} of="the risk">{({ risk_status: risk }) => <p><RiskLights risk={risk} /></p>}</Read> : null}
      {pool ? <Live feed={feed}><Dashboard pool={pool} trail={feed.trails[symbol] ?? EMPTY_TRAIL} /></Live> : <NoPicture symbol={symbol} feed={feed} to="/maker/$symbol" />}
      {dialog === "start" ? <MakerStartDialog symbol={symbol} onClose={close} /> : null}
      {dialog === "stop" ? <StopDialog kind="maker" pool={pool ?? { symbol, open_orders: null, net_position_usdt: null }} onClose={close} /> : null}
    </main>
  );
}

function Dashboard({ pool, trail }: { pool: PoolLive; trail: Trail }): ReactNode {
  return (
    <>
      <div className="cols">
        <section aria-label="Quotes"><h2>Quotes</h2><QuoteLine pool={pool} /></section>
        <section aria-label="Inventory"><h2>Inventory</h2><p className="big">{exact(pool.net_position)}</p><p>{decimal(pool.net_position_usdt)} USDT</p><p><Signal pool={pool} /></p></section>
        <section aria-label="Depth"><h2>Depth with own orders</h2><Depth symbol={pool.symbol} /></section>
      </div>
      <Chart title="Inventory with rebalance signals" series={INVENTORY} points={trail.position} marks={trail.marks} sync={pool.symbol} height={120} />
      <Chart title={`Net PnL, USDT, with the drawdown below its peak; deepest ${fixed(trail.deepest)}`} series={PNL} points={trail.pnl} between={[2, 1]} sync={pool.symbol} height={140} />
    </>
  );
}
