import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { newKey } from "../lib/trace";
import { reports } from "../lib/lists";
import { exact } from "../lib/numbers";
import { save } from "../lib/saving";
import { useFeed } from "../lib/stream";
import { Act } from "../parts/act";
import { Field } from "../parts/field";
import { Framed } from "../parts/framed";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Read } from "../parts/read";
import { Moment } from "../parts/state";
import type { Column } from "../parts/table";

type Job = Schemas["ReportJob"];
const OPEN = ["QUEUED", "RUNNING"];
const LOOK_MS = 1_000;

/** A job's state by mark, word and colour; while it runs, how far it is. */
function State({ of }: { of: Job }): ReactNode {
  const percent = `${Math.round((of.progress ?? 0) * 100)} %`;
  if (of.state === "RUNNING") return <span className="warn">… RUNNING <progress aria-label={`Progress of ${of.id}`} max={1} value={of.progress ?? 0} /> {percent}{of.eta ? <>, done at about <Moment at={of.eta} /></> : null}</span>;
  if (of.state === "DONE") return <span className="ok">● DONE</span>;
  if (of.state === "QUEUED") return <span className="muted">○ QUEUED</span>;
  return <span className="bad">■ {of.state}{of.detail ? `: ${of.detail}` : ""}</span>;
}

/** What a report is about: a recording, or the pool whose journal is read. */
const subject = (j: Job): string => j.request.recording ?? j.request.symbol ?? "";
const isLive = (j: Job): boolean => j.request.kind === "parity";
const configuration = (j: Job): string => (j.request.pool ?? (isLive(j) ? "as it was live" : "documented start")) + (j.changes ? `, and with ${j.changes}` : "");
const strategiesOf = (j: Job): string => j.request.strategies || (j.changes ? "as each has it" : "") || (isLive(j) ? "as live" : "the configuration's, or all");

const COLUMNS: Column<Job>[] = [
  { id: "at", head: "Asked for, UTC", cell: (j) => <Moment at={j.created_at} day /> },
  { id: "kind", head: "Kind", cell: (j) => <Link to="/reports/$id" params={{ id: j.id }}>{j.request.kind}</Link> },
  { id: "recording", head: "Recording, or journal of", cell: (j) => subject(j) },
  { id: "pool", head: "Configuration", cell: (j) => configuration(j) },
  { id: "strategies", head: "Strategies", cell: (j) => strategiesOf(j) },
  { id: "state", head: "State", cell: (j) => <State of={j} /> },
  { id: "by", head: "By", cell: (j) => j.by },
];

/** Replays and comparisons on recordings, and live against simulation; made beside the service, one at a time. */
export function Reports(): ReactNode {
  return (
    <main>
      <h1>Reports</h1>
      <Start />
      <PagedTable label="Reports" name={["reports"]} fetchPage={reports()} columns={COLUMNS} keyOf={(j) => j.id} empty="No report yet. Start one." refetchMs={LOOK_MS} />
    </main>
  );
}

function Start(): ReactNode {
  const queries = useQueryClient();
  const recordings = useQuery({ queryKey: ["recordings"], queryFn: () => answered(api.GET("/v1/recordings", {})), refetchInterval: 10_000 });
  const pools = useFeed().glance?.pools.map((each) => each.symbol) ?? [];
  const [kind, setKind] = useState<"replay" | "compare" | "parity">("replay");
  const [recording, setRecording] = useState("");
  const [symbol, setSymbol] = useState("");
  const [since, setSince] = useState("");
  const [until, setUntil] = useState("");
  const [pool, setPool] = useState("");
  const [strategies, setStrategies] = useState("");
  const [latency, setLatency] = useState("5");
  const [fee, setFee] = useState("0");
  const [rate, setRate] = useState("");
  const [queue, setQueue] = useState<"probability" | "pessimistic">("probability");
  const [key, setKey] = useState(newKey);
  const live = kind === "parity";
  const about = live
    ? { symbol, since: since || null, until: until || null, recording: null, pool: null, strategies: "", quote_rate: null }
    : { recording, pool: pool || null, strategies, quote_rate: rate || null, symbol: null, since: null, until: null };
  const start = useMutation({
    mutationFn: () => answered(api.POST("/v1/reports", { params: { header: { "Idempotency-Key": key } }, body: { kind, ...about, latency_ms: latency, maker_fee_bps: fee, queue } })),
    onSuccess: () => { setKey(newKey()); void queries.invalidateQueries({ queryKey: ["reports"] }); },
  });
  const files = recordings.data?.items ?? [];
  return (
    <section aria-label="Start a report">
      <ProblemText error={recordings.error} />
      {!live && recordings.data && files.length === 0 ? <p className="empty">No recording yet: put files made by <code>market_maker import</code> or <code>record</code> into the folder <code>recordings</code> of the data directory.</p> : null}
      <div className="form">
        <label>Kind <select value={kind} onChange={(event) => setKind(event.target.value as typeof kind)}><option>replay</option><option>compare</option><option>parity</option></select></label>
        {live ? <>
          <label>Live <select value={symbol} onChange={(event) => setSymbol(event.target.value)}><option value="">choose…</option>{pools.map((each) => <option key={each}>{each}</option>)}</select></label>
          <Field label="Since" value={since} onChange={setSince} help="UTC, as 2026-11-20T00:00:00Z; empty: all of the journal" />
          <Field label="Until" value={until} onChange={setUntil} help="empty: up to now" />
        </> : <>
        <label>Recording <select value={recording} onChange={(event) => setRecording(event.target.value)}><option value="">choose…</option>{files.map((each) => <option key={each.name}>{each.name}</option>)}</select></label>
        <label>Configuration of <select value={pool} onChange={(event) => setPool(event.target.value)}><option value="">the documented start</option>{pools.map((each) => <option key={each}>{each}</option>)}</select></label>
        <Field label="Strategies" value={strategies} onChange={setStrategies} help={kind === "replay" ? "one name; empty: the configuration's" : "names with commas, the first is compared with; empty: all"} />
        <Field label="Quote rate, USDT" value={rate} onChange={setRate} help="for one of the currency that the recording is priced in; empty: it is a dollar" />
        </>}
        <label>Queue <select value={queue} onChange={(event) => setQueue(event.target.value as typeof queue)}><option>probability</option><option>pessimistic</option></select></label>
        <Field label="Latency, ms" value={latency} onChange={setLatency} help="of orders and of answers" />
        <Field label="Maker fee, bps" value={fee} onChange={setFee} help="a cost is above 0" />
      </div>
      <div className="bar"><Act op="startReport" className="go" disabled={!(live ? symbol : recording)} busy={start.isPending} onClick={() => start.mutate()}>Start the report</Act></div>
      <ProblemText error={start.error} />
    </section>
  );
}

export function ReportPage(): ReactNode {
  const { id } = useParams({ from: "/reports/$id" });
  const query = useQuery({
    queryKey: ["report", id],
    queryFn: () => answered(api.GET("/v1/reports/{report_id}", { params: { path: { report_id: id } } })),
    refetchInterval: (now) => (now.state.data && !OPEN.includes(now.state.data.state) ? false : LOOK_MS),
  });
  const queries = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => answered(api.POST("/v1/reports/{report_id}/cancel", { params: { path: { report_id: id } } })),
    onSuccess: (job) => queries.setQueryData(["report", id], job),
  });
  return (
    <main>
      {query.data ? null : <h1>Report</h1>}
      <Read query={query} of="the report">{(job) => <>
      <div className="bar"><h1>{job.request.kind} of {subject(job)}</h1><span role="status"><State of={job} /></span></div>
      <p>Asked for by {job.by} at <Moment at={job.created_at} day />. Configuration: {configuration(job)}; strategies: {strategiesOf(job)}; latency {exact(job.request.latency_ms)} ms, fee {exact(job.request.maker_fee_bps)} bps, queue {job.request.queue}{job.request.quote_rate ? <>; one of the recording's currency is {exact(job.request.quote_rate)} USDT</> : null}.</p>
      {OPEN.includes(job.state) ? <div className="bar"><Act op="cancelReport" className="danger" busy={cancel.isPending} onClick={() => cancel.mutate()}>Cancel the report</Act></div> : null}
      <ProblemText error={cancel.error} />
      {job.state === "DONE" ? <Page of={job} /> : null}
      </>}</Read>
    </main>
  );
}

/** The report in a frame, and as a file. */
function Page({ of }: { of: Job }): ReactNode {
  const address = `/v1/reports/${of.id}/file`;
  const saving = useMutation({ mutationFn: () => save(address, "text/html") });
  return (
    <>
      <div className="bar"><button type="button" className="plain" disabled={saving.isPending} onClick={() => saving.mutate()}>Download the report</button></div>
      <ProblemText error={saving.error} />
      <Framed address={address} title={`Report ${of.id}`} scripts tall />
    </>
  );
}
