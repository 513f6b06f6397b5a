import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { fills, members, orders } from "../lib/lists";
import { decimal, exact } from "../lib/numbers";
import { Act } from "../parts/act";
import { MemberDialog } from "../parts/member";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Badge, Moment } from "../parts/state";
import { DataTable, type Column } from "../parts/table";

const ORDERS: Column<Schemas["Order"]>[] = [
  { id: "at", head: "UTC", cell: (o) => <Moment at={o.created_at} day /> },
  { id: "side", head: "Side", cell: (o) => o.side },
  { id: "price", head: "Price", num: true, cell: (o) => exact(o.price) },
  { id: "size", head: "Size", num: true, cell: (o) => exact(o.size) },
  { id: "filled", head: "Filled", num: true, cell: (o) => exact(o.filled) },
  { id: "status", head: "Status", cell: (o) => o.status },
  { id: "reason", head: "Reason", cell: (o) => o.reason },
  { id: "who", head: "Participant", cell: (o) => o.participant_id },
  { id: "id", head: "Client order id", cell: (o) => <code>{o.client_order_id}</code> },
];

export const OrdersTab = ({ symbol }: { symbol: string }): ReactNode => (
  <PagedTable label="Orders" name={["orders", symbol]} fetchPage={orders(symbol)} columns={ORDERS} keyOf={(o) => o.client_order_id} empty="No order yet." refetchMs={5_000} />
);

const FILLS: Column<Schemas["Fill"]>[] = [
  { id: "at", head: "UTC", cell: (f) => <Moment at={f.ts_event} day /> },
  { id: "side", head: "Side", cell: (f) => f.side },
  { id: "price", head: "Price", num: true, cell: (f) => exact(f.price) },
  { id: "size", head: "Size", num: true, cell: (f) => exact(f.size) },
  { id: "value", head: "Value USDT", num: true, cell: (f) => decimal(f.value) },
  { id: "fee", head: "Fee USDT (cost > 0)", num: true, cell: (f) => decimal(f.fee, 4) },
  { id: "mid", head: "Mid then", num: true, cell: (f) => exact(f.mid) },
  { id: "who", head: "Participant", cell: (f) => f.participant_id },
];

export const FillsTab = ({ symbol }: { symbol: string }): ReactNode => (
  <PagedTable label="Fills" name={["fills", symbol]} fetchPage={fills(symbol)} columns={FILLS} keyOf={(f) => `${f.account_id}-${f.trade_id}-${f.client_order_id}`} empty="No fill yet." refetchMs={5_000} />
);

type Member = Schemas["Member"];

export function MembersTab({ symbol }: { symbol: string }): ReactNode {
  const queries = useQueryClient();
  const [open, setOpen] = useState<Member | "new" | null>(null);
  const columns: Column<Member>[] = [
    { id: "who", head: "Participant", cell: (m) => m.participant_id },
    { id: "state", head: "State", cell: (m) => <Badge state={m.state} /> },
    { id: "weight", head: "Weight %", num: true, cell: (m) => decimal(m.capital_weight_pct) },
    { id: "position", head: "Position limit USDT", num: true, cell: (m) => decimal(m.position_limit_usdt) },
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
  if (!query.data) return <ProblemText error={query.error} />;
  const rows = Object.entries(query.data).map(([field, value]) => ({ field, value: typeof value === "object" ? JSON.stringify(value) : String(value) }));
  return <DataTable label="Configuration" rows={rows} keyOf={(row) => row.field} empty="No configuration." columns={[
    { id: "field", head: "Field", cell: (row) => row.field }, { id: "value", head: "Value", cell: (row) => <code>{row.value}</code> },
  ]} />;
}

export function AttributionTab({ symbol }: { symbol: string }): ReactNode {
  const query = useQuery({ queryKey: ["attribution", symbol], queryFn: () => answered(api.GET("/v1/mm-analytics/{symbol}/attribution", { params: { path: { symbol } } })) });
  const whole = query.data?.whole;
  if (!query.data) return <ProblemText error={query.error} />;
  if (!whole) return <p className="empty">No fills to attribute in this span.</p>;
  const rows = Object.entries(whole).map(([part, value]) => ({ part, value: String(value) }));
  return <DataTable label="Attribution" rows={rows} keyOf={(row) => row.part} empty="Nothing to attribute." columns={[
    { id: "part", head: "Part of the PnL", cell: (row) => row.part.replace("_", " ") }, { id: "value", head: "USDT", num: true, cell: (row) => decimal(row.value) },
  ]} />;
}
