import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Settlement } from "../api/client";
import { settlements } from "../lib/lists";
import { useMe } from "../lib/may";
import { compare, decimal, exact, negated, sum } from "../lib/numbers";
import { Act, Readable } from "../parts/act";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Badge, Moment } from "../parts/state";
import type { Column } from "../parts/table";

type Row = Awaited<ReturnType<typeof settlements>>["items"][number];

const COLUMNS: Column<Row>[] = [
  { id: "month", head: "Month", words: true, sort: (s) => s.month, cell: (s) => s.month },
  { id: "id", head: "Settlement", cell: (s) => <Link to="/settlements/$id" params={{ id: s.settlement_id }}>{s.settlement_id}</Link> },
  { id: "status", head: "Status", words: true, sort: (s) => s.status, cell: (s) => <Badge state={s.status} /> },
  { id: "gross", head: "Gross USDT", num: true, sort: (s) => s.gross_pnl_usdt, cell: (s) => decimal(s.gross_pnl_usdt) },
  { id: "platform", head: "Platform USDT", num: true, sort: (s) => s.platform_amount_usdt, cell: (s) => decimal(s.platform_amount_usdt) },
  { id: "net", head: "Net payout USDT", num: true, sort: (s) => s.net_payout_usdt, cell: (s) => decimal(s.net_payout_usdt) },
  { id: "way", head: "Direction", cell: (s) => s.direction },
];

export const Settlements = (): ReactNode => (
  <main>
    <h1>Settlements</h1>
    <Readable op="listSettlements"><PagedTable label="Settlements" name={["settlements"]} fetchPage={settlements} columns={COLUMNS} keyOf={(s) => s.settlement_id} empty="No settlement yet: a month is closed after its end." /></Readable>
  </main>
);

export function SettlementPage(): ReactNode {
  const { id } = useParams({ from: "/settlements/$id" });
  const query = useQuery({ queryKey: ["settlement", id], queryFn: () => answered(api.GET("/v1/settlements/{settlement_id}", { params: { path: { settlement_id: id } } })) });
  if (!query.data) return <main><ProblemText error={query.error} /><p role="status">Loading…</p></main>;
  const record = query.data;
  return (
    <main>
      <div className="bar"><h1>{record.settlement_id}</h1><Badge state={record.status} /></div>
      <p>{record.month}, revision {record.revision}, made by {record.created_by} at <Moment at={record.created_at} day />. {record.trades} fills, volume {decimal(record.volume_usdt)} USDT.</p>
      <Arithmetic record={record} />
      <Decisions record={record} />
    </main>
  );
}

/** The record as a sum; the browser adds it up again. */
function Arithmetic({ record }: { record: Settlement }): ReactNode {
  const gross = sum(record.realised_usdt, negated(record.fees_usdt), record.rebates_usdt, record.funding_usdt, record.adjustments_usdt);
  const agrees = compare(gross, record.gross_exact_usdt) === 0;
  const lines: [string, string][] = [
    ["realised", record.realised_usdt], ["− fees", record.fees_usdt], ["+ rebates", record.rebates_usdt], ["+ funding", record.funding_usdt], ["+ adjustments", record.adjustments_usdt],
    ["= gross, exact", record.gross_exact_usdt], ["gross in cents", record.gross_pnl_usdt], ["loss carried in", record.carry_in_usdt], ["base", record.base_usdt],
    [`platform, ${exact(record.platform_share_pct)} %`, record.platform_amount_usdt], ["net payout", record.net_payout_usdt], ["loss carried out", record.carry_out_usdt],
  ];
  return (
    <section aria-label="Arithmetic">
      <table className="sum"><tbody>{lines.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td className="num" title={value}>{decimal(value)}</td></tr>)}</tbody></table>
      <p className={agrees ? "ok" : "bad"}>{agrees ? "✓ adds up in this browser too" : `■ does not add up: the parts sum to ${gross}`}</p>
    </section>
  );
}

/** Approve, reject and pay, each only where the record allows it; the service decides who may. */
function Decisions({ record }: { record: Settlement }): ReactNode {
  const queries = useQueryClient();
  const me = useMe().data?.subject ?? "";
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const params = { path: { settlement_id: record.settlement_id } };
  const done = { onSuccess: () => queries.invalidateQueries({ queryKey: ["settlement", record.settlement_id] }) };
  const approve = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/approve", { params, body: { approved_by: me } })) });
  const reject = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/reject", { params, body: { reason, rejected_by: me } })) });
  const pay = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/pay", { params })) });
  const may = (action: string): boolean => record.allowed.includes(action);
  return (
    <section aria-label="Decisions">
      <p className="muted">Who made a record does not approve it, and who approved it does not pay it.</p>
      <div className="bar">
        <label>Type {record.amount_usdt} to approve <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
        <Act op="approveSettlement" className="go" disabled={!may("approve") || typed !== record.amount_usdt || approve.isPending} onClick={() => approve.mutate()}>Approve</Act>
        <label>Reason <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
        <Act op="rejectSettlement" className="danger" disabled={!may("reject") || !reason || reject.isPending} onClick={() => reject.mutate()}>Reject</Act>
        <Act op="paySettlement" className="go" disabled={!may("pay") || pay.isPending} onClick={() => pay.mutate()}>Pay</Act>
        <a className="button" href={`/v1/settlements/${record.settlement_id}/statement?format=csv`} download>Statement CSV</a>
      </div>
      <ProblemText error={approve.error ?? reject.error ?? pay.error} />
    </section>
  );
}
