import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { members } from "../lib/lists";
import { compare, decimal, sum } from "../lib/numbers";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { PositionLimit } from "../parts/position_limit";
import { ProblemText } from "../parts/problem";
import { Badge } from "../parts/state";
import { DataTable, type Column } from "../parts/table";
import { Loading } from "../parts/loading";

type Member = Schemas["Member"];
const FILTERS: readonly Filter[] = [{ name: "pool", label: "Pool" }, { name: "participant", label: "Participant" }];

/** Memberships across all pools; the weights of a pool are a bar that ends at 100 %. */
export function Members(): ReactNode {
  const pools = useQuery({ queryKey: ["pools"], queryFn: () => answered(api.GET("/v1/pools", { params: { query: { limit: 1_000 } } })) });
  const [values, set] = useFilters(FILTERS);
  const symbols = (pools.data?.items ?? []).map((pool) => pool.symbol).filter((symbol) => symbol.includes((values.pool ?? "").toUpperCase()));
  const lists = useQueries({ queries: symbols.map((symbol) => ({ queryKey: ["members", symbol, "first"], queryFn: () => members(symbol)() })) });
  const wanted = (values.participant ?? "").toLowerCase();
  const fits = (member: Member): boolean => `${member.participant_id} ${member.display_name}`.toLowerCase().includes(wanted);
  return (
    <main>
      <h1>Members</h1>
      <FilterBar filters={FILTERS} values={values} onChange={set} />
      <ProblemText error={pools.error} />
      {pools.isPending ? <Loading of="the pools" /> : null}
      {pools.isSuccess && symbols.length === 0 ? <p className="empty">No pool fits.</p> : null}
      {symbols.map((symbol, i) => {
        const list = lists[i];
        const rows = list?.data?.items;
        return (
          <section key={symbol} aria-label={symbol}>
            <h2><Link to="/pools/$symbol" params={{ symbol }}>{symbol}</Link></h2>
            <ProblemText error={list?.error} />
            {list?.isPending ? <Loading of="its members" /> : null}
            {rows ? (
              <>
                <Weights symbol={symbol} members={rows} />
                <DataTable label={`Members of ${symbol}`} rows={rows.filter(fits)} keyOf={(m) => m.participant_id} columns={COLUMNS} empty="No member fits." />
              </>) : null}
          </section>);
      })}
    </main>
  );
}

function Weights({ symbol, members: all }: { symbol: string; members: readonly Member[] }): ReactNode {
  const total = sum("0", ...all.filter((member) => member.state !== "REMOVED").map((member) => member.capital_weight_pct));
  return <p className={compare(total, "100") < 0 ? "warn" : "ok"}><meter aria-label={`Weights of ${symbol}`} min={0} max={100} value={Number(total)} /> {decimal(total)} of 100 % given</p>;
}

const COLUMNS: Column<Member>[] = [
  { id: "who", head: "Participant", words: true, sort: (m) => m.display_name, cell: (m) => <Link to="/participants/$id" params={{ id: m.participant_id }}>{m.display_name}</Link> },
  { id: "state", head: "State", cell: (m) => <Badge state={m.state} /> },
  { id: "weight", head: "Weight %", num: true, sort: (m) => m.capital_weight_pct, cell: (m) => decimal(m.capital_weight_pct) },
  { id: "bar", head: "Share", cell: (m) => <meter aria-label={`Weight of ${m.display_name}`} min={0} max={100} value={Number(m.capital_weight_pct)} /> },
  { id: "limit", head: "Position limit USDT", num: true, sort: (m) => m.position_limit_usdt, cell: (m) => <PositionLimit of={m} /> },
  { id: "loss", head: "Max loss USDT", num: true, sort: (m) => m.max_loss_usdt, cell: (m) => decimal(m.max_loss_usdt) },
];
