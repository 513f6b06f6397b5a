import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { decimal } from "../lib/numbers";
import { ProblemText } from "../parts/problem";
import { Moment } from "../parts/state";
import { DataTable } from "../parts/table";

export function Leaderboard(): ReactNode {
  const query = useQuery({ queryKey: ["leaderboard"], queryFn: () => answered(api.GET("/v1/performance/leaderboard", {})) });
  const board = query.data;
  if (!board) return <main><h1>Leaderboard</h1><ProblemText error={query.error} /></main>;
  return (
    <main>
      <h1>Leaderboard</h1>
      <p>From <Moment at={board.since} day /> to <Moment at={board.until} day />{board.provisional ? ", provisional: the last day is not over" : ""}. <span className="muted">{board.formula}</span></p>
      <DataTable label="Leaderboard" rows={board.rows} keyOf={(row) => row.participant_id} empty="No participant has a score yet." columns={[
        { id: "rank", head: "Rank", num: true, cell: (r) => r.rank ?? "–" },
        { id: "who", head: "Participant", cell: (r) => board.names[r.participant_id] ?? r.participant_id },
        { id: "tier", head: "Tier", cell: (r) => r.tier },
        { id: "score", head: "Q-score", num: true, sort: (r) => r.q_score, cell: (r) => decimal(r.q_score, 4) },
        { id: "ranked", head: "Ranked by", num: true, sort: (r) => r.q_rank, cell: (r) => decimal(r.q_rank, 4) },
        { id: "trades", head: "Fills", num: true, sort: (r) => String(r.trades), cell: (r) => r.trades },
        { id: "volume", head: "Volume USDT", num: true, sort: (r) => r.volume_usdt, cell: (r) => decimal(r.volume_usdt) },
        { id: "parts", head: "Parts by symbol", cell: (r) => r.symbols.map((each) => parts(each)).join("; ") },
      ]} />
    </main>
  );
}

function parts({ symbol, performance }: Schemas["SymbolScore"]): string {
  const score = performance.score;
  return score ? `${symbol}: uptime ${decimal(score.uptime, 3)}, spread ${decimal(score.spread_part, 3)}, depth ${decimal(score.depth_part, 3)}, volume ${decimal(score.volume_part, 3)}` : `${symbol}: no score`;
}

export function Analytics(): ReactNode {
  const query = useQuery({ queryKey: ["overview"], queryFn: () => answered(api.GET("/v1/mm-analytics/overview", {})), refetchInterval: 10_000 });
  const seen = query.data;
  if (!seen) return <main><h1>Analytics</h1><ProblemText error={query.error} /></main>;
  const rows = [...seen.symbols.map((each) => ({ name: each.symbol, totals: each.totals })), { name: "all", totals: seen.totals }];
  return (
    <main>
      <h1>Analytics</h1>
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
    </main>
  );
}
