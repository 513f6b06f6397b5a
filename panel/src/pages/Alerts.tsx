import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type Alert } from "../api/client";
import { matters, said, type Matter } from "../lib/alerts";
import { alerts as pagesOf } from "../lib/lists";
import { useFeed } from "../lib/stream";
import { Act } from "../parts/act";
import { CloseButton, Dialog } from "../parts/dialog";
import { FilterBar, useFilters, type Filter } from "../parts/filter";
import { RecordsAway, Severity } from "../parts/matters";
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
  const [taking, setTaking] = useState<Taking | null>(null);
  const [values, set] = useFilters(FILTERS);
  const close = (): void => { setTaking(null); void queries.invalidateQueries({ queryKey: ["alerts"] }); };
  return (
    <main>
      <div className="bar"><h1>Alerts</h1><Freshness feed={feed} /></div>
      <Live feed={feed}>
        <section aria-label="Alerts that hold">
          {feed.alerts === null ? <Loading verb="Waiting for" of="the first picture" /> : null}
          <RecordsAway feed={feed} />
          {feed.alerts?.length === 0 && feed.glance?.records_available !== false ? <p className="ok">● nothing calls for an operator</p> : null}
          {matters(feed.alerts ?? []).map((matter) => <Holding key={matter.key} matter={matter} onTake={(alerts) => setTaking({ title: matter.title, alerts })} />)}
        </section>
      </Live>
      <h2>All</h2>
      <FilterBar filters={FILTERS} values={values} onChange={set} />
      <PagedTable label="All alerts" name={["alerts", values]} fetchPage={pagesOf(values)} columns={PAST} keyOf={(a) => String(a.id)} empty="No alert yet." refetchMs={10_000} />
      {taking ? <Acknowledge of={taking} onClose={close} /> : null}
    </main>
  );
}

type Take = (alerts: readonly Alert[]) => void;

/** One matter; of several alerts what they share stands once, and each pool has a line. */
function Holding({ matter: { severity, title, advice, since, ofService, alerts }, onTake }: { matter: Matter; onTake: Take }): ReactNode {
  const [first] = alerts as readonly [Alert, ...Alert[]];
  const many = alerts.length > 1;
  const shared = alerts.every((each) => each.text === first.text);
  const open = alerts.filter((each) => each.state === "OPEN");
  return (
    <article className={severity === "CRITICAL" ? "problem" : "problem soft"} aria-label={title}>
      <p><Severity of={severity} /> {ofService ? "service" : many ? `${alerts.length} pools` : <Whose alert={first} />} <b>{title}</b> since <Moment at={since} day /></p>
      {many ? (shared ? <p>{first.text}</p> : null) : <p>{said(first)}</p>}
      <p className="muted">{advice}</p>
      {many && open.length > 1 ? <Act op="acknowledgeAlert" onClick={() => onTake(open)}>Acknowledge all {open.length}: {title}…</Act> : null}
      {many ? <ul className="each">{alerts.map((alert) => <li key={alert.id}>{alert.symbol === null ? null : <><Whose alert={alert} /> </>}since <Moment at={alert.since} />{shared && alert.value === null ? "" : `: ${said(alert)}`} <Taken alert={alert} onTake={onTake} /></li>)}</ul> : <Taken alert={first} onTake={onTake} />}
    </article>
  );
}

const Whose = ({ alert: { symbol } }: { alert: Alert }): ReactNode => (symbol === null ? "service" : <Link to="/pools/$symbol" params={{ symbol }}>{symbol}</Link>);

/** Who has it, or the button of who takes it. */
function Taken({ alert, onTake }: { alert: Alert; onTake: Take }): ReactNode {
  if (alert.state === "OPEN") return <Act op="acknowledgeAlert" onClick={() => onTake([alert])}><span aria-hidden="true">Acknowledge…</span><span className="unseen">Acknowledge {alert.symbol ?? "service"}: {alert.title}…</span></Act>;
  return <span>Acknowledged by {alert.acknowledged_by} at <Moment at={alert.acknowledged_at} />{alert.note ? `: ${alert.note}` : ""}. It stays until its cause is gone.</span>;
}

type Taking = { title: string; alerts: readonly Alert[] };

/** Each by itself, one after another; what another person took meanwhile is taken. */
async function acknowledged(alerts: readonly Alert[], note: string): Promise<void> {
  for (const { id } of alerts) {
    try {
      await answered(api.POST("/v1/alerts/{alert_id}/acknowledge", { params: { path: { alert_id: String(id) } }, body: { note } }));
    } catch (error) {
      if (!(error instanceof Refused && error.problem.status === 409)) throw error;
    }
  }
}

function Acknowledge({ of: { title, alerts }, onClose }: { of: Taking; onClose: () => void }): ReactNode {
  const [note, setNote] = useState("");
  const take = useMutation({ onSuccess: onClose, mutationFn: () => acknowledged(alerts, note) });
  const what = alerts.length === 1 ? said(alerts[0]!) : `${alerts.length} alerts, of ${alerts.map((each) => each.symbol ?? "the service").join(", ")}.`;
  return (
    <Dialog title={`Acknowledge: ${title}`} open onOpenChange={(open) => { if (!open) onClose(); }} about={<p>{what} Others see that you have {alerts.length === 1 ? "it. It stays until its cause is gone" : "them. They stay until their causes are gone"}.</p>}>
      <label>Note <input value={note} onChange={(event) => setNote(event.target.value)} maxLength={500} /></label>
      <ProblemText error={take.error} />
      <div className="bar"><CloseButton /><Act op="acknowledgeAlert" className="go" busy={take.isPending} onClick={() => take.mutate()}>Acknowledge</Act></div>
    </Dialog>
  );
}
