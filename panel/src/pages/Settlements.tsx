import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Schemas, type Settlement } from "../api/client";
import { allFills, ledger, settlements } from "../lib/lists";
import { useMe } from "../lib/may";
import { compare, decimal, exact, fee, negated, sum } from "../lib/numbers";
import { save } from "../lib/saving";
import { Act, Readable } from "../parts/act";
import { DAYS, dayKey, LEDGER } from "../parts/evidence";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { Framed } from "../parts/framed";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Read } from "../parts/read";
import { Badge, Moment } from "../parts/state";
import { DataTable, type Column } from "../parts/table";
import { Loading } from "../parts/loading";

type Row = Schemas["SettlementRecord"];

const FILTERS: readonly Filter[] = [{ name: "month", label: "Month" }, { name: "status", label: "Status", choices: ["PENDING", "APPROVED", "REJECTED", "SETTLED", "FAILED"] }, { name: "participant_id", label: "Participant" }];

const COLUMNS: Column<Row>[] = [
  { id: "month", head: "Month", words: true, sort: (s) => s.month, cell: (s) => s.month },
  { id: "id", head: "Settlement", cell: (s) => <Link to="/settlements/$id" params={{ id: s.settlement_id }}>{s.settlement_id}</Link> },
  { id: "status", head: "Status", words: true, sort: (s) => s.status, cell: (s) => <Badge state={s.status} /> },
  { id: "gross", head: "Gross USDT", num: true, sort: (s) => s.gross_pnl_usdt, cell: (s) => decimal(s.gross_pnl_usdt) },
  { id: "platform", head: "Platform USDT", num: true, sort: (s) => s.platform_amount_usdt, cell: (s) => decimal(s.platform_amount_usdt) },
  { id: "net", head: "Net payout USDT", num: true, sort: (s) => s.net_payout_usdt, cell: (s) => decimal(s.net_payout_usdt) },
  { id: "way", head: "Direction", cell: (s) => s.direction },
];

export function Settlements(): ReactNode {
  const [values, set] = useFilters(FILTERS);
  return (
    <main>
      <h1>Settlements</h1>
      <RunMonth />
      <Readable op="listSettlements">
        <FilterBar filters={FILTERS} values={values} onChange={set} />
        <PagedTable label="Settlements" name={["settlements", values]} fetchPage={settlements(values)} columns={COLUMNS} keyOf={(s) => s.settlement_id} empty="No settlement fits: a month is closed after its end." />
      </Readable>
    </main>
  );
}

/** Closes a month: first as a trial that records nothing, then for good. */
function RunMonth(): ReactNode {
  const queries = useQueryClient();
  const [month, setMonth] = useState("");
  const run = useMutation({
    mutationFn: (dry_run: boolean) => answered(api.POST("/v1/settlements/run", { body: { month, dry_run, participant_id: null } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["settlements"] }),
  });
  const done = run.data;
  return (
    <section aria-label="Close a month">
      <div className="bar">
        <label>Month <input value={month} onChange={(event) => setMonth(event.target.value)} placeholder="2026-10" /></label>
        <Act op="runSettlement" disabled={!month} busy={run.isPending} onClick={() => run.mutate(true)}>Try without recording</Act>
        <Act op="runSettlement" className="go" disabled={!month || !done?.dry_run || done.month !== month} busy={run.isPending} onClick={() => run.mutate(false)}>Close the month</Act>
      </div>
      <ProblemText error={run.error} />
      {done ? <p role="status">{done.dry_run ? "A trial, nothing is recorded" : `Recorded ${done.created.length}`}: {done.records.map((each) => `${each.participant_id} ${decimal(each.net_payout_usdt)}`).join(", ") || "no record"}.{done.not_counted.length ? ` In none of it: ${done.not_counted.map((each) => `fees of ${exact(each.amount)} ${each.token}, ${each.settlement_id}`).join("; ")}.` : ""}</p> : null}
    </section>
  );
}

export function SettlementPage(): ReactNode {
  const { id } = useParams({ from: "/settlements/$id" });
  const query = useQuery({ queryKey: ["settlement", id], queryFn: () => answered(api.GET("/v1/settlements/{settlement_id}", { params: { path: { settlement_id: id } } })) });
  return <main><Read query={query} of="the settlement">{(record) => <Recorded key={record.settlement_id} record={record} />}</Read></main>;
}

function Recorded({ record }: { record: Settlement }): ReactNode {
  return (
    <>
      <div className="bar"><h1>{record.settlement_id}</h1><Badge state={record.status} /><NextPending after={record.settlement_id} /></div>
      <p>{record.month}, revision {record.revision}, made by {record.created_by} at <Moment at={record.created_at} day />. {record.trades} fills, volume {decimal(record.volume_usdt)} USDT.</p>
      <Arithmetic record={record} />
      <Steps record={record} />
      <Decisions record={record} />
      <Story record={record} />
      <Evidence record={record} />
    </>
  );
}

/** To the next record that waits for approval: each is looked at by itself, none is approved in bulk. */
function NextPending({ after }: { after: string }): ReactNode {
  const query = useQuery({ queryKey: ["pending"], queryFn: () => answered(api.GET("/v1/settlements/pending", { params: { query: { limit: 100 } } })) });
  const waiting = query.data?.items.map((each) => each.settlement_id) ?? [];
  const next = waiting[waiting.indexOf(after) + 1] ?? waiting.find((each) => each !== after);
  return next && next !== after ? <Link to="/settlements/$id" params={{ id: next }} className="button" data-next>Next pending</Link> : null;
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
      {record.not_counted.length ? <p className="bad">■ in none of these amounts: {tokenSums(record)}</p> : null}
    </section>
  );
}

/** Fees in other tokens that the record leaves out, as one sum for each token. */
const tokenSums = (record: Settlement): string => record.not_counted.map((each) => `fees of ${exact(each.amount)} ${each.token}`).join(", ");

/** Approve, reject and pay, each only where the record allows it; the service decides who may. */
function Decisions({ record }: { record: Settlement }): ReactNode {
  const queries = useQueryClient();
  const me = useMe().data?.subject ?? "";
  const [typed, setTyped] = useState("");
  const [withoutFees, setWithoutFees] = useState(false);
  const [reason, setReason] = useState("");
  const [wallet, setWallet] = useState("");
  const params = { path: { settlement_id: record.settlement_id } };
  const done = { onSuccess: () => Promise.all([["settlement", record.settlement_id], ["pending"]].map((queryKey) => queries.invalidateQueries({ queryKey }))) };
  const approve = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/approve", { params, body: { approved_by: me, without_token_fees: withoutFees } })) });
  const reject = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/reject", { params, body: { reason, rejected_by: me } })) });
  const pay = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/pay", { params })) });
  const settled = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/mark-settled", { params, body: { wallet_txn_id: wallet, notes: reason } })) });
  const failed = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/mark-failed", { params, body: { reason } })) });
  const retry = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/retry", { params, body: { notes: reason } })) });
  const recreate = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/settlements/{settlement_id}/recreate", { params })) });
  const may = (action: string): boolean => record.allowed.includes(action);
  const leavesOut = record.not_counted.length > 0;
  return (
    <section aria-label="Decisions">
      <p className="muted">Who made a record does not approve it, and who approved it does not pay it.</p>
      <ul>{record.actions.filter((each) => !each.allowed && !each.because.startsWith("not while")).map((each) => <li key={each.name}><b>{each.name}</b>: {each.because}</li>)}</ul>
      {leavesOut && may("approve") ? <p><label><input type="checkbox" checked={withoutFees} onChange={(event) => setWithoutFees(event.target.checked)} /> Approve it without {tokenSums(record)}, for which no rate is known</label></p> : null}
      <div className="bar">
        <label>Type {record.amount_usdt} to approve <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
        <Act op="approveSettlement" className="go" disabled={!may("approve") || typed !== record.amount_usdt || (leavesOut && !withoutFees) || !me} busy={approve.isPending} onClick={() => approve.mutate()}>Approve</Act>
        <label>Reason <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
        <Act op="rejectSettlement" className="danger" disabled={!may("reject") || !reason || !me} busy={reject.isPending} onClick={() => reject.mutate()}>Reject</Act>
        <Act op="paySettlement" className="go" disabled={!may("pay")} busy={pay.isPending} onClick={() => pay.mutate()}>Pay</Act>
      </div>
      <div className="bar">
        <label>Wallet transaction <input value={wallet} onChange={(event) => setWallet(event.target.value)} /></label>
        <Act op="markSettlementSettled" disabled={!may("mark-settled") || !wallet} busy={settled.isPending} onClick={() => settled.mutate()}>Mark settled</Act>
        <Act op="markSettlementFailed" disabled={!may("mark-failed") || !reason} busy={failed.isPending} onClick={() => failed.mutate()}>Mark failed</Act>
        <Act op="retrySettlement" disabled={!may("retry")} busy={retry.isPending} onClick={() => retry.mutate()}>Retry the transfer</Act>
        <Act op="recreateSettlement" disabled={record.status !== "REJECTED"} busy={recreate.isPending} onClick={() => recreate.mutate()}>Make it again</Act>
      </div>
      <ProblemText error={approve.error ?? reject.error ?? pay.error ?? settled.error ?? failed.error ?? retry.error ?? recreate.error} />
    </section>
  );
}

/** Who made, approved and paid it, each by another person. */
function Steps({ record }: { record: Settlement }): ReactNode {
  return (
    <p className="totals">
      <span>made ✓ {record.created_by} <Moment at={record.created_at} day /></span>
      <span>approve {record.approved_by ? <>✓ {record.approved_by} <Moment at={record.approved_at} day /></> : record.rejected_by ? `■ rejected by ${record.rejected_by}: ${record.rejection_reason}` : `◻ not by ${record.created_by}`}</span>
      <span>pay {record.paid_by ? `✓ ${record.paid_by}, ${record.wallet_txn_id}` : record.claimed_by ? `… ${record.claimed_by}` : `◻ not by ${record.approved_by || "who approves"}`}</span>
    </p>
  );
}

const STORY: Column<Settlement["history"][number]>[] = [
  { id: "at", head: "UTC", cell: (h) => <Moment at={h.at} day /> }, { id: "by", head: "By", cell: (h) => h.by }, { id: "action", head: "What", cell: (h) => h.action },
  { id: "from", head: "From", cell: (h) => h.before ?? "–" }, { id: "to", head: "To", cell: (h) => h.after ?? "–" }, { id: "note", head: "Note", cell: (h) => h.note },
];

/** What was done to the record, oldest first. */
const Story = ({ record }: { record: Settlement }): ReactNode => (
  <section aria-label="History"><h2>History</h2><DataTable label="History of the settlement" rows={record.history} keyOf={(h) => h.at + h.action} empty="Nothing yet." columns={STORY} /></section>
);

/** What the record rests on: fills, scores and ledger entries of its month, and the statement as the participant gets it. */
function Evidence({ record }: { record: Settlement }): ReactNode {
  const [open, setOpen] = useState<"fills" | "days" | "ledger" | "statement" | null>(null);
  const span = { participant_id: record.participant_id, since: record.period_start, until: record.period_end };
  return (
    <section aria-label="Evidence">
      <h2>Evidence</h2>
      <p>{record.trades} fills, {record.entries} ledger entries, {record.late_entries} of them late; read up to entry {record.watermark}. <Link to="/participants/$id" params={{ id: record.participant_id }}>{record.participant_id}</Link></p>
      <div className="bar">{(["fills", "days", "ledger", "statement"] as const).map((each) => <button key={each} type="button" className="plain" aria-expanded={open === each} onClick={() => setOpen(open === each ? null : each)}>{EVIDENCE[each]}</button>)}</div>
      {open === "fills" ? <PagedTable within label="Fills of the month" name={["evidence fills", span]} fetchPage={allFills(span)} columns={EVIDENCE_FILLS} keyOf={(f) => `${f.trade_id}-${f.client_order_id}`} empty="No fill in this month." /> : null}
      {open === "ledger" ? <Readable op="listLedgerEntries"><PagedTable within label="Ledger entries" name={["ledger", span]} fetchPage={ledger(span)} columns={LEDGER} keyOf={(e) => String(e.entry_id)} empty="No entry in this month." /></Readable> : null}
      {open === "days" ? <Days span={span} /> : null}
      {open === "statement" ? <Statement id={record.settlement_id} /> : null}
    </section>
  );
}

const EVIDENCE = { fills: "Fills", days: "Q-score by day", ledger: "Ledger entries", statement: "Statement" } as const;

const EVIDENCE_FILLS: Column<Schemas["Fill"]>[] = [
  { id: "at", head: "UTC", by: "ts_event", cell: (f) => <Moment at={f.ts_event} day /> }, { id: "symbol", head: "Symbol", cell: (f) => f.symbol }, { id: "side", head: "Side", cell: (f) => f.side },
  { id: "price", head: "Price", num: true, cell: (f) => exact(f.price) }, { id: "size", head: "Size", num: true, cell: (f) => exact(f.size) },
  { id: "value", head: "Value USDT", num: true, cell: (f) => decimal(f.value) }, { id: "fee", head: "Fee USDT (cost > 0)", num: true, cell: fee },
];

function Days({ span }: { span: { participant_id: string; since: string; until: string } }): ReactNode {
  const { participant_id, since, until } = span;
  const query = useQuery({ queryKey: ["days", span], queryFn: () => answered(api.GET("/v1/performance/{participant_id}", { params: { path: { participant_id }, query: { since, until, limit: 100 } } })) });
  if (!query.data) return query.error ? <ProblemText error={query.error} /> : <Loading of="the days" />;
  return <DataTable csv label="Days" rows={query.data.items} keyOf={dayKey} empty="No day is rolled up in this month." columns={DAYS} />;
}

/** The statement as it is sent, in a frame that may run nothing; and as a file. */
function Statement({ id }: { id: string }): ReactNode {
  const address = (format: "html" | "csv"): string => `/v1/settlements/${encodeURIComponent(id)}/statement?format=${format}`;
  const saving = useMutation({ mutationFn: (format: "html" | "csv") => save(address(format), `text/${format}`) });
  return (
    <>
      <div className="bar">
        <Act op="getStatement" busy={saving.isPending} onClick={() => saving.mutate("html")}>Statement HTML</Act>
        <Act op="getStatement" busy={saving.isPending} onClick={() => saving.mutate("csv")}>Statement CSV</Act>
      </div>
      <ProblemText error={saving.error} />
      <Framed address={address("html")} title={`Statement of ${id}`} />
    </>
  );
}
