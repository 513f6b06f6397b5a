import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Pool, type Schemas } from "../api/client";
import { fills, members, orders } from "../lib/lists";
import { decimal, exact, fee } from "../lib/numbers";
import { isTyped } from "../lib/typed";
import { Act, ActLink } from "../parts/act";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { MemberDialog } from "../parts/member";
import { PagedTable } from "../parts/paged";
import { PositionLimit } from "../parts/position_limit";
import { ProblemText } from "../parts/problem";
import { Read } from "../parts/read";
import { Badge, Moment } from "../parts/state";
import { DataTable, type Column } from "../parts/table";
import { Taken } from "../parts/taken";
import { Versions } from "./PoolPast";

const ORDERS: Column<Schemas["Order"]>[] = [
  { id: "at", head: "UTC", by: "created_at", cell: (o) => <Moment at={o.created_at} day /> },
  { id: "side", head: "Side", cell: (o) => o.side },
  { id: "price", head: "Price", num: true, sort: (o) => o.price, cell: (o) => exact(o.price) },
  { id: "size", head: "Size", num: true, sort: (o) => o.size, cell: (o) => exact(o.size) },
  { id: "filled", head: "Filled", num: true, cell: (o) => exact(o.filled) },
  { id: "status", head: "Status", cell: (o) => o.status },
  { id: "reason", head: "Reason", cell: (o) => o.reason },
  { id: "who", head: "Participant", cell: (o) => o.participant_id },
  { id: "id", head: "Client order id", cell: (o) => <code>{o.client_order_id}</code> },
  { id: "why", head: "Explain", cell: (o) => <Link to="/pools/$symbol/explain" params={{ symbol: o.symbol }} search={{ order_id: o.order_id } as never}>order {o.order_id}</Link> },
];

const ORDER_FILTERS: readonly Filter[] = [
  { name: "status", label: "Status", choices: ["PENDING_NEW", "LIVE", "PENDING_CANCEL", "UNKNOWN", "FILLED", "CANCELED", "REJECTED"] },
  { name: "side", label: "Side", choices: ["BUY", "SELL"] },
  { name: "participant_id", label: "Participant" },
];

export function OrdersTab({ symbol }: { symbol: string }): ReactNode {
  const [values, set] = useFilters(ORDER_FILTERS);
  const counts = useQuery({ queryKey: ["breakdown", symbol], refetchInterval: 5_000, queryFn: () => answered(api.GET("/v1/mm-orders/{symbol}/breakdown", { params: { path: { symbol } } })) });
  const unknown = counts.data?.totals.filter((each) => each.status === "UNKNOWN").reduce((all, each) => all + each.count, 0) ?? 0;
  return (
    <>
      <p className="totals">{counts.data?.totals.map((each) => <span key={each.side + each.status}>{each.side} {each.status} {each.count}</span>)}{unknown ? <strong className="bad">? {unknown} UNKNOWN, never filtered out</strong> : null}</p>
      <Taken symbol={symbol} />
      <FilterBar filters={ORDER_FILTERS} values={values} onChange={set} />
      <PagedTable label="Orders" name={["orders", symbol, values]} fetchPage={orders(symbol, values)} columns={ORDERS} keyOf={(o) => o.client_order_id} empty="No order fits." refetchMs={5_000} />
    </>
  );
}

const FILLS: Column<Schemas["Fill"]>[] = [
  { id: "at", head: "UTC", by: "ts_event", cell: (f) => <Moment at={f.ts_event} day /> },
  { id: "side", head: "Side", cell: (f) => f.side },
  { id: "price", head: "Price", num: true, sort: (f) => f.price, cell: (f) => exact(f.price) },
  { id: "size", head: "Size", num: true, sort: (f) => f.size, cell: (f) => exact(f.size) },
  { id: "value", head: "Value USDT", num: true, sort: (f) => f.value, cell: (f) => decimal(f.value) },
  { id: "fee", head: "Fee USDT (cost > 0)", num: true, sort: (f) => f.fee, cell: fee },
  { id: "mid", head: "Mid then", num: true, cell: (f) => exact(f.mid) },
  { id: "who", head: "Participant", cell: (f) => f.participant_id },
  { id: "why", head: "Explain", cell: (f) => <Link to="/pools/$symbol/explain" params={{ symbol: f.symbol }} search={{ fill: f.trade_id } as never}>fill {f.trade_id}</Link> },
];

const FILL_FILTERS: readonly Filter[] = ORDER_FILTERS.slice(1);

export function FillsTab({ symbol }: { symbol: string }): ReactNode {
  const [values, set] = useFilters(FILL_FILTERS);
  const totals = useQuery({ queryKey: ["fill summary", symbol], refetchInterval: 5_000, queryFn: () => answered(api.GET("/v1/mm-fills/{symbol}/summary", { params: { path: { symbol } } })) });
  return (
    <>
      <p className="totals">{totals.data?.totals.map((each) => <span key={each.side}>{each.side} {each.count} fills, {decimal(each.volume_quote)} USDT, fees {decimal(each.fees)}</span>)}</p>
      <FilterBar filters={FILL_FILTERS} values={values} onChange={set} />
      <PagedTable label="Fills" name={["fills", symbol, values]} fetchPage={fills(symbol, values)} columns={FILLS} keyOf={(f) => `${f.account_id}-${f.trade_id}-${f.client_order_id}`} empty="No fill fits." refetchMs={5_000} />
    </>
  );
}

type Member = Schemas["Member"];

export function MembersTab({ symbol }: { symbol: string }): ReactNode {
  const queries = useQueryClient();
  const [open, setOpen] = useState<Member | "new" | null>(null);
  const columns: Column<Member>[] = [
    { id: "who", head: "Participant", cell: (m) => <Link to="/participants/$id" params={{ id: m.participant_id }}>{m.display_name}</Link> },
    { id: "state", head: "State", cell: (m) => <Badge state={m.state} /> },
    { id: "weight", head: "Weight %", num: true, cell: (m) => decimal(m.capital_weight_pct) },
    { id: "position", head: "Position limit USDT", num: true, cell: (m) => <PositionLimit of={m} /> },
    { id: "loss", head: "Max loss USDT", num: true, cell: (m) => decimal(m.max_loss_usdt) },
    { id: "change", head: "Change", cell: (m) => <Act op="changeMember" disabled={m.state === "REMOVED"} onClick={() => setOpen(m)}>Change…</Act> },
  ];
  const close = (): void => { setOpen(null); void queries.invalidateQueries({ queryKey: ["members", symbol] }); };
  return (
    <>
      <p><Act op="addMember" onClick={() => setOpen("new")}>Add member…</Act></p>
      <PagedTable label="Members" name={["members", symbol]} fetchPage={members(symbol)} columns={columns} keyOf={(m) => m.participant_id} empty="No member yet. Add one, so that the pool can quote." />
      {open ? <MemberDialog symbol={symbol} member={open === "new" ? null : open} onClose={close} /> : null}
    </>
  );
}

export function ConfigTab({ symbol }: { symbol: string }): ReactNode {
  const query = useQuery({ queryKey: ["pool", symbol], queryFn: () => answered(api.GET("/v1/pools/{symbol}", { params: { path: { symbol } } })) });
  return <Read query={query} of="the configuration">{(pool) => <Configuration pool={pool} />}</Read>;
}

function Configuration({ pool }: { pool: Pool }): ReactNode {
  const { symbol } = pool;
  const rows = Object.entries(pool).map(([field, value]) => ({ field, value: typeof value === "object" ? JSON.stringify(value) : String(value) }));
  return (
    <>
      <p><ActLink op="createPool" href="/pools/new" search={{ from: symbol }}>New pool like this one</ActLink></p>
      <DataTable label="Configuration" rows={rows} keyOf={(row) => row.field} empty="No configuration." columns={[
        { id: "field", head: "Field", cell: (row) => row.field }, { id: "value", head: "Value", cell: (row) => <code>{row.value}</code> },
      ]} />
      <h2>Versions</h2>
      <Versions symbol={symbol} />
      <DeletePool pool={pool} />
    </>
  );
}

/** Deletes a pool after its symbol was typed; its orders, fills and settlements stay on record. */
function DeletePool({ pool }: { pool: Pool }): ReactNode {
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE("/v1/pools/{symbol}", { params: { path: { symbol: pool.symbol } } })),
    onSuccess: () => void navigate({ to: "/pools" }),
  });
  return (
    <section aria-label="Delete">
      <h2>Delete the pool</h2>
      <p>Its configuration and memberships go; its orders, fills and settlements stay on record. It must be paused and hold nothing.</p>
      <div className="bar">
        <label>Type {pool.symbol} to delete it <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
        <Act op="deletePool" className="danger" disabled={!isTyped(typed, pool.symbol)} busy={remove.isPending} onClick={() => remove.mutate()}>Delete pool</Act>
      </div>
      <ProblemText error={remove.error} />
    </section>
  );
}

const GROUPS = ["participant_id", "side", "level", "config_version", "hour"] as const;

/** Where the PnL came from: the parts of the whole, and what each group of fills did. */
export function AttributionTab({ symbol }: { symbol: string }): ReactNode {
  const [by, setBy] = useState<string>("participant_id");
  const query = useQuery({ queryKey: ["attribution", symbol, by], queryFn: () => answered(api.GET("/v1/mm-analytics/{symbol}/attribution", { params: { path: { symbol }, query: { by } } })) });
  return (
    <>
      <label>Fills by <select value={by} onChange={(event) => setBy(event.target.value)}>{GROUPS.map((each) => <option key={each} value={each}>{each.replaceAll("_", " ")}</option>)}</select></label>
      <Read query={query} of="the attribution">{(found) => <Attribution found={found} by={by} />}</Read>
    </>
  );
}

function Attribution({ found, by }: { found: Schemas["SymbolAttribution"]; by: string }): ReactNode {
  const whole = Object.entries(found.whole ?? {}).map(([part, value]) => ({ part: part.replaceAll("_", " "), value: String(value) }));
  const money = (id: keyof Schemas["Totals"], head: string): Column<Schemas["Attributed"]> => ({ id, head, num: true, sort: (r) => String(r.totals[id]), cell: (r) => decimal(String(r.totals[id])) });
  return (
    <>
      <DataTable label="Attribution" rows={whole} keyOf={(row) => row.part} empty="No fills to attribute in this span." columns={[
        { id: "part", head: "Part of the PnL", cell: (row) => row.part }, { id: "value", head: "USDT", num: true, cell: (row) => decimal(row.value) },
      ]} />
      <DataTable csv label={`Fills by ${by}`} rows={found.rows} keyOf={(row) => row.group.join("-")} empty="No fills in this span." columns={[
        { id: "group", head: by.replaceAll("_", " "), words: true, sort: (r) => r.group.join(" "), cell: (r) => r.group.map((each) => each ?? "–").join(" ") },
        { id: "fills", head: "Fills", num: true, sort: (r) => String(r.totals.fills), cell: (r) => r.totals.fills },
        money("volume_usdt", "Volume USDT"), money("net_usdt", "Net USDT"), money("realised_usdt", "Realised USDT"), money("edge_usdt", "Edge USDT"), money("adverse_usdt", "Adverse USDT"), money("fees_usdt", "Fees USDT (cost > 0)"),
      ]} />
    </>
  );
}
