import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Alert } from "../api/client";
import { alerts } from "../lib/lists";
import { exact } from "../lib/numbers";
import { useFeed } from "../lib/stream";
import { Act } from "../parts/act";
import { CloseButton, Dialog } from "../parts/dialog";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Freshness, Live, Moment } from "../parts/state";
import type { Column } from "../parts/table";
import { Loading } from "../parts/loading";

const FILTERS: readonly Filter[] = [
  { name: "state", label: "State", choices: ["OPEN", "ACKNOWLEDGED", "CLEARED"] },
  { name: "severity", label: "Severity", choices: ["CRITICAL", "WARNING"] },
  { name: "symbol", label: "Pool" },
];

/** A severity by mark, word and colour. */
export const Severity = ({ of }: { of: Alert["severity"] }): ReactNode =>
  of === "CRITICAL" ? <strong className="bad">■ CRITICAL</strong> : <span className="warn">▲ WARNING</span>;

const PAST: Column<Alert>[] = [
  { id: "severity", head: "Severity", cell: (a) => <Severity of={a.severity} /> },
  { id: "state", head: "State", cell: (a) => a.state },
  { id: "symbol", head: "Pool", cell: (a) => (a.symbol ? <Link to="/pools/$symbol" params={{ symbol: a.symbol }}>{a.symbol}</Link> : "service") },
  { id: "title", head: "What", cell: (a) => a.title },
  { id: "since", head: "Since, UTC", cell: (a) => <Moment at={a.since} day /> },
  { id: "cleared", head: "Cleared, UTC", cell: (a) => <Moment at={a.cleared_at} day /> },
  { id: "by", head: "Acknowledged by", cell: (a) => a.acknowledged_by || "–" },
  { id: "note", head: "Note", cell: (a) => a.note },
];

/** What calls for an operator: what holds now, from the stream, and what was. */
export function Alerts(): ReactNode {
  const feed = useFeed();
  const queries = useQueryClient();
  const [taking, setTaking] = useState<Alert | null>(null);
  const [values, set] = useFilters(FILTERS);
  const close = (): void => { setTaking(null); void queries.invalidateQueries({ queryKey: ["alerts"] }); };
  return (
    <main>
      <div className="bar"><h1>Alerts</h1><Freshness feed={feed} /></div>
      <Live feed={feed}>
        <section aria-label="Alerts that hold">
          {feed.alerts === null ? <Loading verb="Waiting for" of="the first picture" /> : null}
          {feed.alerts?.length === 0 ? <p className="ok">● nothing calls for an operator</p> : null}
          {feed.alerts?.map((alert) => <Holding key={alert.id} alert={alert} onTake={() => setTaking(alert)} />)}
        </section>
      </Live>
      <h2>All</h2>
      <FilterBar filters={FILTERS} values={values} onChange={set} />
      <PagedTable label="All alerts" name={["alerts", values]} fetchPage={alerts(values)} columns={PAST} keyOf={(a) => String(a.id)} empty="No alert yet." refetchMs={10_000} />
      {taking ? <Acknowledge alert={taking} onClose={close} /> : null}
    </main>
  );
}

function Holding({ alert, onTake }: { alert: Alert; onTake: () => void }): ReactNode {
  return (
    <article className={alert.severity === "CRITICAL" ? "problem" : "problem soft"} aria-label={alert.title}>
      <p><Severity of={alert.severity} /> {alert.symbol ? <Link to="/pools/$symbol" params={{ symbol: alert.symbol }}>{alert.symbol}</Link> : "service"} <b>{alert.title}</b> since <Moment at={alert.since} day /></p>
      <p>{alert.text}{alert.threshold === null ? "" : ` Now ${exact(alert.value)} of ${exact(alert.threshold)} ${alert.unit}.`}</p>
      <p className="muted">{alert.what_to_do}</p>
      {alert.state === "OPEN" ? <Act op="acknowledgeAlert" onClick={onTake}>Acknowledge {alert.symbol ?? "service"}: {alert.title}…</Act> : <p>Acknowledged by {alert.acknowledged_by} at <Moment at={alert.acknowledged_at} />{alert.note ? `: ${alert.note}` : ""}. It stays until its cause is gone.</p>}
    </article>
  );
}

function Acknowledge({ alert, onClose }: { alert: Alert; onClose: () => void }): ReactNode {
  const [note, setNote] = useState("");
  const take = useMutation({
    onSuccess: onClose,
    mutationFn: () => answered(api.POST("/v1/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: String(alert.id) } }, body: { note } })),
  });
  return (
    <Dialog title={`Acknowledge: ${alert.title}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={<p>{alert.text} Others see that you have it. It stays until its cause is gone.</p>}>
      <label>Note <input value={note} onChange={(event) => setNote(event.target.value)} maxLength={500} /></label>
      <ProblemText error={take.error} />
      <div className="bar"><CloseButton /><Act op="acknowledgeAlert" className="go" busy={take.isPending} onClick={() => take.mutate()}>Acknowledge</Act></div>
    </Dialog>
  );
}
