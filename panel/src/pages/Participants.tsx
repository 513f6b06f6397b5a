import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Participant, type Schemas } from "../api/client";
import { newKey } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { rulesOf, sent, useDescription } from "../lib/description";
import { participants } from "../lib/lists";
import { decimal } from "../lib/numbers";
import { Act } from "../parts/act";
import { CloseButton, Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Read } from "../parts/read";
import { Badge } from "../parts/state";
import type { Column } from "../parts/table";
import { ChangeDialog, PARTICIPANT_TABS, ParticipantPart } from "./ParticipantTabs";
import { Loading } from "../parts/loading";

const FILTERS: readonly Filter[] = [{ name: "status", label: "Status", choices: ["PENDING", "ACTIVE", "SUSPENDED", "TERMINATED"] }, { name: "tier", label: "Tier", choices: ["TIER_1", "TIER_2", "TIER_3"] }, { name: "q", label: "Name" }];

const COLUMNS: Column<Participant>[] = [
  { id: "name", head: "Name", by: "display_name", cell: (p) => <Link to="/participants/$id" params={{ id: p.participant_id }}>{p.display_name}</Link> },
  { id: "status", head: "Status", by: "status", cell: (p) => <Badge state={p.status} /> },
  { id: "tier", head: "Tier", by: "tier", cell: (p) => p.tier },
  { id: "account", head: "Account", cell: (p) => p.account_id },
  { id: "margin", head: "Initial margin USDT", num: true, sort: (p) => p.initial_margin_usdt, cell: (p) => decimal(p.initial_margin_usdt) },
  { id: "drawdown", head: "Max drawdown %", num: true, sort: (p) => p.max_drawdown_pct, cell: (p) => decimal(p.max_drawdown_pct) },
  { id: "id", head: "Id", by: "participant_id", cell: (p) => <code>{p.participant_id}</code> },
];

export function Participants(): ReactNode {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const [values, set] = useFilters(FILTERS);
  const close = (): void => { setOpen(false); void queries.invalidateQueries({ queryKey: ["participants"] }); };
  return (
    <main>
      <div className="bar"><h1>Participants</h1><Act op="enrollParticipant" onClick={() => setOpen(true)}>Enroll…</Act></div>
      <FilterBar filters={FILTERS} values={values} onChange={set} />
      <PagedTable label="Participants" name={["participants", values]} fetchPage={participants(values)} columns={COLUMNS} keyOf={(p) => p.participant_id} empty="No participant yet. Enroll one." />
      {open ? <EnrollDialog onClose={close} /> : null}
    </main>
  );
}

function EnrollDialog({ onClose }: { onClose: () => void }): ReactNode {
  const description = useDescription();
  const rules = description.data ? rulesOf(description.data, "ParticipantBody") : [];
  const [values, setValues] = useState<Record<string, string>>({});
  const [key] = useState(newKey);
  const value = (name: string, initial: string): string => values[name] ?? initial;
  const enroll = useMutation({
    onSuccess: onClose,
    mutationFn: () => {
      const given = rules.filter((rule) => value(rule.name, rule.initial) !== "");
      const body = Object.fromEntries(given.map((rule) => [rule.name, sent(rule.kind, value(rule.name, rule.initial))])) as Schemas["ParticipantBody"];
      return answered(api.POST("/v1/participants", { headers: { "Idempotency-Key": key }, body }));
    },
  });
  return (
    <Dialog title="Enroll a participant" unsaved={Object.values(values).some(Boolean) && !enroll.isSuccess} open onOpenChange={(open) => { if (!open) onClose(); }} about={<p className="muted">A new participant is PENDING until it is activated.</p>}>
      {description.data || description.error ? null : <Loading of="the form" />}
      <div className="form">{rules.map((rule) => (
        <Field key={rule.name} label={rule.name} value={value(rule.name, rule.initial)} help={rule.kind === "choice" ? `one of ${rule.choices.join(", ")}` : rule.help} onChange={(text) => setValues({ ...values, [rule.name]: text })} />))}
      </div>
      <ProblemText error={enroll.error ?? description.error} />
      <div className="bar"><CloseButton /><Act op="enrollParticipant" className="go" disabled={rules.length === 0} busy={enroll.isPending} onClick={() => enroll.mutate()}>Enroll</Act></div>
    </Dialog>
  );
}

export function ParticipantPage(): ReactNode {
  const { id } = useParams({ from: "/participants/$id" });
  const query = useQuery({ queryKey: ["participant", id], queryFn: () => answered(api.GET("/v1/participants/{participant_id}", { params: { path: { participant_id: id } } })) });
  return <main><Read query={query} of="the participant">{(known) => <Record key={id} known={known} />}</Read></main>;
}

function Record({ known }: { known: Participant }): ReactNode {
  const { participant_id: id } = known;
  const queries = useQueryClient();
  const params = { path: { participant_id: id } };
  const [typed, setTyped] = useState("");
  const [changing, setChanging] = useState(false);
  const search = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const tab = PARTICIPANT_TABS.find((each) => each === search.tab) ?? "memberships";
  const done = { onSuccess: () => Promise.all([["participant", id], ["memberships", id]].map((queryKey) => queries.invalidateQueries({ queryKey }))) };
  const activate = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/participants/{participant_id}/activate", { params })) });
  const suspend = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/participants/{participant_id}/suspend", { params })) });
  const terminate = useMutation({ ...done, mutationFn: () => answered(api.POST("/v1/participants/{participant_id}/terminate", { params })) });
  return (
    <>
      <div className="bar">
        <h1>{known.display_name}</h1><Badge state={known.status} />
        <Act op="activateParticipant" disabled={known.status === "ACTIVE" || known.status === "TERMINATED"} busy={activate.isPending} onClick={() => activate.mutate()}>Activate</Act>
        <Act op="suspendParticipant" disabled={known.status !== "ACTIVE"} busy={suspend.isPending} onClick={() => suspend.mutate()}>Suspend (cancels its orders)</Act>
        <Act op="changeParticipant" disabled={known.status === "TERMINATED"} onClick={() => setChanging(true)}>Change…</Act>
      </div>
      <ProblemText error={activate.error ?? suspend.error ?? terminate.error} />
      <p>{known.tier}, account {known.account_id}, revenue model {known.revenue_model} {decimal(known.revenue_share_pct)} %, enrolled by {known.enrolled_by || "–"}.</p>
      <div role="tablist" aria-label="Parts of the participant" className="tabs">
        {PARTICIPANT_TABS.map((each) => <button key={each} type="button" role="tab" aria-selected={tab === each} onClick={() => void navigate({ to: ".", search: { tab: each } as never, replace: true })}>{each}</button>)}
      </div>
      <ParticipantPart id={id} tab={tab} />
      <div className="bar">
        <label>Terminate is final and removes it from all pools. Type {known.display_name} <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
        <Act op="terminateParticipant" className="danger" disabled={!isTyped(typed, known.display_name) || known.status === "TERMINATED"} busy={terminate.isPending} onClick={() => terminate.mutate()}>Terminate</Act>
      </div>
      {changing ? <ChangeDialog of={known} onClose={() => setChanging(false)} /> : null}
    </>
  );
}
