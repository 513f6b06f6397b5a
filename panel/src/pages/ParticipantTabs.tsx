import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type Participant, type Schemas } from "../api/client";
import { rulesOf, sent, shown, useDescription } from "../lib/description";
import { ledger, memberships, participantDays, settlements } from "../lib/lists";
import { decimal } from "../lib/numbers";
import { Act, Readable } from "../parts/act";
import { ThreeWayDifference } from "../parts/conflict";
import { CloseButton, Dialog } from "../parts/dialog";
import { DAYS, dayKey, LEDGER } from "../parts/evidence";
import { Field } from "../parts/field";
import { PagedTable } from "../parts/paged";
import { PositionLimit } from "../parts/position_limit";
import { ProblemText } from "../parts/problem";
import { Read } from "../parts/read";
import { Badge, Moment } from "../parts/state";
import { DataTable, type Column } from "../parts/table";
import { Loading } from "../parts/loading";

export const PARTICIPANT_TABS = ["memberships", "performance", "obligations", "ledger", "settlements"] as const;
export type ParticipantTab = (typeof PARTICIPANT_TABS)[number];

const MEMBERSHIPS: Column<Schemas["Member"]>[] = [
  { id: "symbol", head: "Pool", cell: (m) => <Link to="/pools/$symbol" params={{ symbol: m.symbol }}>{m.symbol}</Link> },
  { id: "state", head: "State", cell: (m) => <Badge state={m.state} /> },
  { id: "weight", head: "Weight %", num: true, cell: (m) => decimal(m.capital_weight_pct) },
  { id: "limit", head: "Position limit USDT", num: true, cell: (m) => <PositionLimit of={m} /> },
  { id: "loss", head: "Max loss USDT", num: true, cell: (m) => decimal(m.max_loss_usdt) },
];

const SETTLEMENTS: Column<Schemas["SettlementRecord"]>[] = [
  { id: "month", head: "Month", cell: (s) => s.month },
  { id: "id", head: "Settlement", cell: (s) => <Link to="/settlements/$id" params={{ id: s.settlement_id }}>{s.settlement_id}</Link> },
  { id: "status", head: "Status", cell: (s) => <Badge state={s.status} /> },
  { id: "net", head: "Net payout USDT", num: true, cell: (s) => decimal(s.net_payout_usdt) },
];

/** One part of a participant's record. */
export function ParticipantPart({ id, tab }: { id: string; tab: ParticipantTab }): ReactNode {
  const whose = { participant_id: id };
  if (tab === "performance") return <PagedTable label="Days" name={["days of", id]} fetchPage={participantDays(id)} columns={DAYS} keyOf={dayKey} empty="No day is scored yet." />;
  if (tab === "obligations") return <Obligations id={id} />;
  if (tab === "ledger") return <Readable op="listLedgerEntries"><PagedTable label="Ledger entries" name={["ledger", id]} fetchPage={ledger(whose)} columns={LEDGER} keyOf={(e) => String(e.entry_id)} empty="No entry yet." /></Readable>;
  if (tab === "settlements") return <Readable op="listSettlements"><PagedTable label="Settlements" name={["settlements", id]} fetchPage={settlements(whose)} columns={SETTLEMENTS} keyOf={(s) => s.settlement_id} empty="No month is settled yet." /></Readable>;
  return <PagedTable label="Memberships" name={["memberships", id]} fetchPage={memberships(id)} columns={MEMBERSHIPS} keyOf={(m) => m.symbol} empty="In no pool." />;
}

/** What was promised for the month, and how far each symbol has met it. */
function Obligations({ id }: { id: string }): ReactNode {
  const query = useQuery({ queryKey: ["obligations", id], queryFn: () => answered(api.GET("/v1/participants/{participant_id}/obligations", { params: { path: { participant_id: id } } })) });
  return <Read query={query} of="the obligations">{(seen) => <Duties seen={seen} />}</Read>;
}

function Duties({ seen }: { seen: Schemas["ObligationsMet"] }): ReactNode {
  const rows = seen.symbols.flatMap(({ symbol, duties }) => duties.map((duty) => ({ symbol, ...duty })));
  return (
    <>
      <p>From <Moment at={seen.since} day /> to <Moment at={seen.until} day />: {seen.promised === null ? "nothing was promised." : seen.met === null ? "nothing to judge yet." : seen.met ? <span className="ok">✓ met</span> : <strong className="bad">■ not met</strong>}</p>
      <DataTable csv label="Obligations" rows={rows} keyOf={(row) => row.symbol + row.duty} empty="No obligation in this month." columns={[
        { id: "symbol", head: "Symbol", cell: (r) => r.symbol },
        { id: "duty", head: "Duty", cell: (r) => r.duty.replaceAll("_", " ") },
        { id: "promised", head: "Promised", num: true, cell: (r) => decimal(r.promised) },
        { id: "achieved", head: "Achieved", num: true, cell: (r) => decimal(r.achieved) },
        { id: "days", head: "Days met", num: true, cell: (r) => `${r.days_met} of ${r.days}` },
        { id: "met", head: "Met", cell: (r) => (r.met === null ? "–" : r.met ? <span className="ok">✓ yes</span> : <strong className="bad">■ no</strong>) },
      ]} />
    </>
  );
}

/** Changes the terms of a participant; only what was changed is sent. What loosens needs the risk role, which the service judges. */
export function ChangeDialog({ of: opened, onClose }: { of: Participant; onClose: () => void }): ReactNode {
  const [of, setOf] = useState(opened); // the page is read again meanwhile; the change is of what was seen
  const description = useDescription();
  const queries = useQueryClient();
  const rules = description.data ? rulesOf(description.data, "ParticipantChangeBody").filter((rule) => rule.name !== "version") : [];
  const before = (name: string): string => shown(of[name as keyof Participant]);
  const [edits, setEdits] = useState<Record<string, string>>({});
  const changed = rules.filter((rule) => (edits[rule.name] ?? before(rule.name)) !== before(rule.name));
  const change = useMutation({
    mutationFn: () => {
      const body = Object.fromEntries(changed.map((rule) => [rule.name, sent(rule.kind, edits[rule.name] ?? "")]));
      return answered(api.PUT("/v1/participants/{participant_id}", { params: { path: { participant_id: of.participant_id } }, headers: { "If-Match": `"${of.version}"` }, body: body as Schemas["ParticipantChangeBody"] }));
    },
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ["participant", of.participant_id] }); onClose(); },
  });
  return (
    <Dialog title={`Change ${of.display_name}`} unsaved={changed.length > 0 && !change.isSuccess} open onOpenChange={(open) => { if (!open) onClose(); }} about={<p className="muted">More margin, drawdown or share than now needs the risk role.</p>}>
      {description.data || description.error ? null : <Loading of="the form" />}
      <div className="form">{rules.map((rule) => (
        <Field key={rule.name} label={rule.name} value={edits[rule.name] ?? before(rule.name)} help={rule.kind === "choice" ? `one of ${rule.choices.join(", ")}` : rule.help} changed={changed.includes(rule)} onChange={(text) => setEdits({ ...edits, [rule.name]: text })} />))}
      </div>
      <p>{changed.length ? changed.map(({ name }) => `${name}: ${before(name) || "–"} → ${edits[name] || "–"}`).join("; ") : "No difference yet."}</p>
      {change.error instanceof Refused && change.error.problem.status === 409 ? <ChangeConflict of={of} names={rules.map((rule) => rule.name)} yours={(name) => edits[name] ?? before(name)} onTake={(theirs) => { setOf(theirs); change.reset(); }} /> : null}
      <ProblemText error={change.error ?? description.error} />
      <div className="bar"><CloseButton /><Act op="changeParticipant" className="go" disabled={changed.length === 0} busy={change.isPending} onClick={() => change.mutate()}>Save the change</Act></div>
    </Dialog>
  );
}

/** The terms as another person saved them meanwhile; nothing where the refusal has another reason. */
function ChangeConflict({ of, names, yours, onTake }: { of: Participant; names: readonly string[]; yours: (name: string) => string; onTake: (theirs: Participant) => void }): ReactNode {
  const query = useQuery({ queryKey: ["participant", of.participant_id, "theirs"], staleTime: 0, queryFn: () => answered(api.GET("/v1/participants/{participant_id}", { params: { path: { participant_id: of.participant_id } } })) });
  const theirs = query.data;
  if (!theirs || theirs.version === of.version) return null;
  const rows = names.map((name) => ({ name, first: shown(of[name as keyof Participant]), theirs: shown(theirs[name as keyof Participant]), yours: yours(name) }));
  return <ThreeWayDifference version={theirs.version} rows={rows} onTake={() => onTake(theirs)} />;
}
