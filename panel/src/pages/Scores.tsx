import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { hours, symbolDays } from "../lib/lists";
import { decimal } from "../lib/numbers";
import { DAYS, dayKey } from "../parts/evidence";
import { FilterBar, isDay, useFilters, type Filter } from "../parts/filter";
import { Moment } from "../parts/state";
import { CsvButton, PagedTable } from "../parts/paged";
import { DataTable, type Column } from "../parts/table";
import { Read } from "../parts/read";

const SPAN: readonly Filter[] = [{ name: "since", label: "Since (UTC day)", day: true }, { name: "until", label: "Until (UTC day)", day: true }, { name: "tier", label: "Tier", choices: ["TIER_1", "TIER_2", "TIER_3"] }];
const moment = (day: string | undefined): string | undefined => (day && isDay(day) ? `${day}T00:00:00Z` : undefined);

export function Leaderboard(): ReactNode {
  const [values, set] = useFilters(SPAN);
  const [since, until] = [moment(values.since), moment(values.until)];
  const query = useQuery({ queryKey: ["leaderboard", since, until], queryFn: () => answered(api.GET("/v1/performance/leaderboard", { params: { query: { ...(since ? { since } : {}), ...(until ? { until } : {}) } } })) });
  return (
    <main>
      <h1>Leaderboard</h1>
      <FilterBar filters={SPAN} values={values} onChange={set} />
      <Read query={query} of="the leaderboard">{(board) => <>
      <p>From <Moment at={board.since} day /> to <Moment at={board.until} day />{board.provisional ? <strong className="warn">, provisional: the last day is not over</strong> : ""}. <span className="muted">{board.formula}</span></p>
      <CsvButton address={`/v1/performance/leaderboard?${new URLSearchParams({ format: "csv", ...(since ? { since } : {}), ...(until ? { until } : {}) })}`} />
      <DataTable label="Leaderboard" rows={board.rows.filter((row) => !values.tier || row.tier === values.tier)} keyOf={(row) => row.participant_id} empty="No participant has a score yet." columns={[
        { id: "rank", head: "Rank", num: true, cell: (r) => r.rank ?? "–" },
        { id: "who", head: "Participant", cell: (r) => <Link to="/participants/$id" params={{ id: r.participant_id }}>{board.names[r.participant_id] ?? r.participant_id}</Link> },
        { id: "tier", head: "Tier", cell: (r) => `${r.tier}, × ${r.tier_weight}` },
        { id: "score", head: "Q-score", num: true, sort: (r) => r.q_score, cell: (r) => decimal(r.q_score, 4) },
        { id: "ranked", head: "Ranked by", num: true, sort: (r) => r.q_rank, cell: (r) => decimal(r.q_rank, 4) },
        { id: "trades", head: "Fills", num: true, sort: (r) => String(r.trades), cell: (r) => r.trades },
        { id: "volume", head: "Volume USDT", num: true, sort: (r) => r.volume_usdt, cell: (r) => decimal(r.volume_usdt) },
        { id: "parts", head: "Parts by symbol", cell: (r) => r.symbols.map((each) => <Parts key={each.symbol} of={each} />) },
      ]} /></>}</Read>
    </main>
  );
}

/** The four parts of a score, 0 to 1 each, as bars with their numbers. */
function Parts({ of: { symbol, performance } }: { of: Schemas["SymbolScore"] }): ReactNode {
  const score = performance.score;
  if (!score) return <div>{symbol}: no score</div>;
  const parts: [string, string | null][] = [["uptime", score.uptime], ["spread", score.spread_part], ["depth", score.depth_part], ["volume", score.volume_part]];
  return <div><Link to="/performance/$symbol" params={{ symbol }}>{symbol}</Link>: {parts.map(([name, value]) => <span key={name} className="part">{name} <meter aria-label={`${symbol} ${name}`} min={0} max={1} value={Number(value ?? 0)} /> {decimal(value, 3)}</span>)}</div>;
}

/** Days of one symbol, each participant's score with all that it is made from. */
export function SymbolPerformance(): ReactNode {
  const { symbol } = useParams({ from: "/performance/$symbol" });
  return (
    <main>
      <div className="bar"><h1>Performance of {symbol}</h1><Link to="/pools/$symbol" params={{ symbol }} className="button">The pool</Link></div>
      <PagedTable label="Days" name={["days of", symbol]} fetchPage={symbolDays(symbol)} columns={DAYS} keyOf={dayKey} empty="No day is scored yet: a day is rolled up after its end." />
    </main>
  );
}

const HOURS: Column<Schemas["Bucket"]>[] = [
  { id: "hour", head: "Hour, UTC", by: "hour", cell: (r) => <Moment at={r.hour} day /> },
  { id: "fills", head: "Fills", num: true, sort: (r) => String(r.totals.fills), cell: (r) => r.totals.fills },
  { id: "volume", head: "Volume USDT", num: true, sort: (r) => r.totals.volume_usdt, cell: (r) => decimal(r.totals.volume_usdt) },
  { id: "net", head: "Net USDT", num: true, sort: (r) => r.totals.net_usdt, cell: (r) => decimal(r.totals.net_usdt) },
];

export function Analytics(): ReactNode {
  const query = useQuery({ queryKey: ["overview"], queryFn: () => answered(api.GET("/v1/mm-analytics/overview", {})), refetchInterval: 10_000 });
  return (
    <main>
      <h1>Analytics</h1>
      <Read query={query} of="the overview">{(seen) => <Overview seen={seen} />}</Read>
      <h2>By the hour</h2>
      <PagedTable label="Hours" name={["hours"]} fetchPage={hours()} columns={HOURS} keyOf={(row) => row.hour} empty="No fill in the last 24 hours." refetchMs={60_000} />
    </main>
  );
}

function Overview({ seen }: { seen: Schemas["OverviewOfMoney"] }): ReactNode {
  const rows = [...seen.symbols.map((each) => ({ name: each.symbol, totals: each.totals })), { name: "all", totals: seen.totals }];
  return (
    <>
      <p>From <Moment at={seen.since} day /> to <Moment at={seen.until} day />: {seen.active_pools} of {seen.pools} pools active, {seen.pending_settlements} settlements pending, open profit {decimal(seen.unrealised_usdt)}, funding {decimal(seen.funding_usdt)} USDT.</p>
      <DataTable label="Totals by symbol" rows={rows} keyOf={(row) => row.name} empty="No fills in this span." columns={[
        { id: "name", head: "Symbol", cell: (r) => r.name },
        { id: "fills", head: "Fills", num: true, cell: (r) => r.totals.fills },
        { id: "volume", head: "Volume USDT", num: true, sort: (r) => r.totals.volume_usdt, cell: (r) => decimal(r.totals.volume_usdt) },
        { id: "net", head: "Net USDT", num: true, sort: (r) => r.totals.net_usdt, cell: (r) => decimal(r.totals.net_usdt) },
        { id: "edge", head: "Edge USDT", num: true, cell: (r) => decimal(r.totals.edge_usdt) },
        { id: "adverse", head: "Adverse USDT", num: true, cell: (r) => decimal(r.totals.adverse_usdt) },
        { id: "fees", head: "Fees USDT (cost > 0)", num: true, cell: (r) => decimal(r.totals.fees_usdt) },
      ]} />
    </>
  );
}
