import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { answered, api, Refused, type Schemas } from "../api/client";
import { chainOf, computed } from "../lib/chain";
import { shown } from "../lib/description";
import { audit } from "../lib/lists";
import { exact, fixed } from "../lib/numbers";
import { useMe } from "../lib/may";
import { useFeed } from "../lib/stream";
import { newTrace, traced } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { Act, Readable } from "../parts/act";
import { FilterBar, isDay, useFilters, type Filter } from "../parts/filter";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { Proved } from "../parts/proved";
import { Freshness, Moment } from "../parts/state";
import { HoldButton } from "../parts/hold";
import { asked, SignedOut } from "../parts/stop";
import { DataTable, type Column } from "../parts/table";
import { Read } from "../parts/read";
import { TAKEN, useInstruments } from "../parts/taken";

export function System(): ReactNode {
  const query = useQuery({ queryKey: ["health"], queryFn: () => answered(api.GET("/health", {})), refetchInterval: 5_000 });
  const feed = useFeed();
  return (
    <main>
      <h1>System</h1>
      <Read query={query} of="the service's health">{(seen) => <Health seen={seen} />}</Read>
      <Instruments />
      <h2>This page</h2>
      <Caller />
      <p>Event loop of the service: {fixed(feed.glance?.loop_lag_ms, 1)} ms late. Records: {feed.glance ? (feed.glance.records_available ? "● the database answers" : "■ the database does not answer") : "–"}. <Freshness feed={feed} /></p>
    </main>
  );
}

/** What each part of the health is, for a reader who does not know the service's inside. */
const PARTS: Record<string, string> = {
  venue: "the exchange: its list of orders", topics: "the exchange's topics: market data, news of orders", events: "events that this service sends", metadata: "the list of instruments",
  shared: "Redis: limits of requests, for all processes together", journal: "each turn of the engines, on disk", anchors: "heads of the audit log, kept apart", log: "the service's log", clock: "this machine's time",
  database: "it answers", records: "what waits to be written to the database", tenancy: "no other service has this database", lease: "the symbols are this process's",
};
const partOf = (name: string): string => PARTS[name] ?? (name.startsWith("worker ") ? "a process that owns engines" : "");

/** A part that is ready can have lost something that nothing waits for; of a worker that is well the detail names its symbols. */
const limps = ({ ready, detail }: Schemas["Dependency"]): boolean => ready && detail !== "" && !detail.startsWith("trades ");

function Ready({ of: part }: { of: Schemas["Dependency"] }): ReactNode {
  if (!part.ready) return <strong className="bad">■ no</strong>;
  return limps(part) ? <strong className="warn">▲ yes, not whole</strong> : <span className="ok">● yes</span>;
}

function Health({ seen }: { seen: Schemas["Health"] }): ReactNode {
  const parts = Object.entries(seen.dependencies as Record<string, Schemas["Dependency"]>);
  const lost = parts.filter(([, part]) => !part.ready);
  const connected = Object.entries(seen.connected ?? {}).map(([name, value]) => ({ name: name.replaceAll("_", " "), value: String(value) }));
  return (
    <>
      <p className={seen.ready ? "ok" : "bad"}>{seen.ready ? "● ready" : `■ not ready: ${lost.map(([name]) => name).join(", ") || "it starts or stops"}`}. Version {seen.build.version}, build <code>{seen.build.fingerprint}</code>, authentication {seen.authentication}{seen.shadow_mode ? ", shadow mode" : ""}.</p>
      <DataTable label="Dependencies" rows={[...lost, ...parts.filter(([, part]) => part.ready)]} keyOf={([name]) => name} empty="No dependency." columns={[
        { id: "name", head: "Part", cell: ([name]) => name }, { id: "what", head: "What it is", cell: ([name]) => partOf(name) }, { id: "ready", head: "Ready", cell: ([, part]) => <Ready of={part} /> }, { id: "detail", head: "Detail", wraps: true, cell: ([, part]) => part.detail },
      ]} />
      <h2>Connected to</h2>
      <DataTable label="Connections" rows={connected} keyOf={(row) => row.name} empty="The service does not say." columns={[{ id: "name", head: "What", cell: (row) => row.name }, { id: "value", head: "Where", cell: (row) => <code>{row.value}</code> }]} />
    </>
  );
}

function Instruments(): ReactNode {
  const query = useInstruments();
  return (
    <>
      <h2>Instruments</h2>
      <p className="muted">What the venue takes of one order and of an account; none is no limit. The price just at a band is not taken.</p>
      <Read query={query} of="the instruments">{({ items }) => <DataTable csv choosable label="Instruments" rows={items} keyOf={(row) => row.symbol} empty="No instrument is listed." columns={[
        { id: "symbol", head: "Symbol", words: true, sort: (r) => r.symbol, cell: (r) => r.symbol }, { id: "tick", head: "Tick", num: true, cell: (r) => exact(r.tick_size) }, { id: "lot", head: "Lot", num: true, cell: (r) => exact(r.lot_size) }, { id: "notional", head: "Min value", num: true, cell: (r) => exact(r.min_notional) },
        ...TAKEN,
        { id: "fee", head: "Maker fee bps", num: true, cell: (r) => exact(r.maker_fee_bps) }, { id: "price", head: "Price", num: true, cell: (r) => exact(r.reference_price) }, { id: "venue", head: "Venue", cell: (r) => r.venue }, { id: "pool", head: "Pool", cell: (r) => (r.has_pool ? "yes" : "no") },
      ]} />}</Read>
    </>
  );
}

const CLOCK_TOLERANCE_S = 2;

/** Who asks, and how far this machine's clock is from the service's. */
function Caller(): ReactNode {
  const { data, dataUpdatedAt } = useMe();
  if (!data) return <p>Not signed in.</p>;
  const apart = (dataUpdatedAt - Date.parse(data.server_time)) / 1000;
  return <p>{data.authentication === "on" ? "Signed in" : "Authentication is off, known"} as <b>{data.subject}</b>: {data.roles.join(", ")}{data.expires_at ? <>, until <Moment at={data.expires_at} day /></> : null}. Token <code>{data.token_id}</code>. <span className={Math.abs(apart) > CLOCK_TOLERANCE_S ? "warn" : ""}>This machine's clock is {fixed(Math.abs(apart), 1)} s {apart < 0 ? "behind" : "ahead of"} the service's.</span></p>;
}

type Entry = Schemas["AuditRecord"];

/** The fields that an entry changed, each with its value before and after. */
function changed({ before, after }: Entry): ReactNode {
  const [old, now] = [before ?? {}, after ?? {}] as [Record<string, unknown>, Record<string, unknown>];
  const fields = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]));
  if (fields.length === 0) return "–";
  return <details><summary>{fields.length} fields</summary><ul>{fields.map((field) => <li key={field}>{field}: {shown(old[field]) || "–"} → {shown(now[field]) || "–"}</li>)}</ul></details>;
}

const AUDIT: Column<Entry>[] = [
  { id: "seq", head: "Seq", num: true, by: "seq", cell: (a) => a.seq },
  { id: "at", head: "UTC", cell: (a) => <Moment at={a.ts} day /> },
  { id: "who", head: "Subject", cell: (a) => a.subject },
  { id: "action", head: "Action", cell: (a) => a.action },
  { id: "target", head: "Target", cell: (a) => a.target },
  { id: "change", head: "Before → after", cell: changed },
  { id: "reason", head: "Reason", cell: (a) => a.reason },
  { id: "result", head: "Result", cell: (a) => a.result },
  { id: "trace", head: "Trace", cell: (a) => <code>{a.trace_id}</code> },
  { id: "hash", head: "Hash", cell: (a) => <Hashes of={a} /> },
];

/** The whole hashes of an entry, and whether its own is what this browser computes. */
function Hashes({ of }: { of: Entry }): ReactNode {
  const [open, setOpen] = useState(false);
  const query = useQuery({ queryKey: ["hash", of.hash], enabled: open, staleTime: Infinity, queryFn: () => computed(of) });
  const found = query.data;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><code>{of.hash.slice(0, 8)}</code></summary>
      <p>hash <code>{of.hash}</code></p>
      <p>before it <code>{of.prev_hash || "–"}</code></p>
      {found === undefined ? null : <p className={found === of.hash ? "ok" : found === null ? "muted" : "bad"}>{found === of.hash ? "✓ computed here too" : found === null ? "this browser computes hashes over https and on this machine only" : `■ this browser computes ${found}`}</p>}
    </details>
  );
}

/** Whether the entries that are here hold each other's hashes; the hashes themselves are computed by the command. */
function ChainLine({ rows }: { rows: readonly Entry[] }): ReactNode {
  const { checked, broken } = chainOf(rows);
  if (broken.length) return <p className="bad" role="alert">■ the chain is broken at {broken.join(", ")}: on the service&apos;s machine, <code>market_maker audit verify</code></p>;
  return <p className={checked ? "ok" : "muted"}>{checked ? `✓ ${checked} entries here hold the hash of the one before them` : "No two entries here follow each other: the chain is not compared"}. A row&apos;s hash is computed here when it is opened; <code>market_maker audit verify</code> computes every one.</p>;
}

const FILTERS: readonly Filter[] = [{ name: "subject", label: "Subject" }, { name: "action", label: "Action" }, { name: "target", label: "Target" }, { name: "q", label: "Words" }, { name: "since", label: "Since (UTC day)", day: true }, { name: "result", label: "Result", choices: ["done", "refused"] }];

export function Audit(): ReactNode {
  const [values, set] = useFilters(FILTERS);
  const { since = "", ...others } = values;
  const wanted = { ...others, since: isDay(since) ? `${since}T00:00:00Z` : "" };
  const queries = useQueryClient();
  const newest = useFeed().audit;
  useEffect(() => { if (newest) void queries.invalidateQueries({ queryKey: ["audit"] }); }, [newest, queries]);
  return (
    <main>
      <h1>Audit log</h1>
      <Readable op="listAudit">
        <FilterBar filters={FILTERS} values={values} onChange={set} />
        <PagedTable label="Audit log" name={["audit", wanted]} fetchPage={audit(wanted)} columns={AUDIT} keyOf={(a) => String(a.seq)} empty="No entry fits." about={(rows) => <ChainLine rows={rows} />} />
      </Readable>
    </main>
  );
}

type EmergencyKind = "kill" | "flatten";
const AFTER = { kill: "HALTED", flatten: "PAUSED" } as const;
type Done = { action: string; at: string; recorded: boolean; pools: { symbol: string; state: string; error: string }[] };

/** Sends it once. A lost answer is looked up by what became of the pools, never sent again. */
async function stoppedAll(kind: EmergencyKind, reason: string, trace: string): Promise<Done> {
  const headers = traced(trace);
  try {
    if (kind === "kill") return await answered(api.POST("/v1/mm/emergency/kill", { headers, body: { reason } }));
    return await answered(api.POST("/v1/mm/emergency/flatten", { headers, body: { reason, unwind: false } }));
  } catch (error) {
    if (error instanceof Refused) throw error;
    const { pools } = await asked(() => answered(api.GET("/v1/mm/status", {})));
    const left = pools.filter((pool) => pool.state === "ACTIVE");
    if (left.length) throw new Error(`the answer was lost, and ${left.map((pool) => pool.symbol).join(", ")} ${left.length === 1 ? "is" : "are"} still ACTIVE: the command did not arrive`, { cause: error });
    const { server_time: at } = await asked(() => answered(api.GET("/v1/me", {})));
    return { action: kind, at, recorded: true, pools: pools.filter((pool) => pool.state === AFTER[kind]).map((pool) => ({ symbol: pool.symbol, state: pool.state, error: "" })) };
  }
}

/** Stops every pool; confirmed by typing ALL or by holding. Each pool is then proved by itself. */
export function Emergency(): ReactNode {
  const feed = useFeed();
  const [typed, setTyped] = useState("");
  const [reason, setReason] = useState("");
  const [trace, setTrace] = useState(newTrace);
  const stop = useMutation({ mutationFn: (kind: EmergencyKind) => stoppedAll(kind, reason, trace) });
  const done = stop.data;
  const ready = isTyped(typed, "ALL");
  const again = (): void => { stop.reset(); setTyped(""); setTrace(newTrace()); };
  return (
    <main>
      <div className="bar"><h1>Emergency</h1><Freshness feed={feed} /></div>
      <SignedOut symbol="any pool" path="/v1/mm/emergency/kill" />
      <p>Both act on all {feed.glance?.pools.length ?? "–"} pools, with {feed.glance?.open_orders ?? "–"} orders. Kill: every pool HALTED, a review is needed. Flatten: every pool PAUSED.</p>
      <div className="bar">
        <label>Reason, for the audit log <input value={reason} onChange={(event) => setReason(event.target.value)} maxLength={500} /></label>
        <label>Type ALL <input value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" /></label>
      </div>
      <div className="bar">
        <Act op="killAll" className="danger" disabled={!ready || !stop.isIdle} onClick={() => stop.mutate("kill")}>Kill all now</Act>
        <HoldButton op="killAll" label="Kill all" disabled={!stop.isIdle} onHeld={() => stop.mutate("kill")} />
        <Act op="flattenAll" className="danger" disabled={!ready || !stop.isIdle} onClick={() => stop.mutate("flatten")}>Flatten all now</Act>
        <HoldButton op="flattenAll" label="Flatten all" disabled={!stop.isIdle} onHeld={() => stop.mutate("flatten")} />
        {stop.isSuccess || stop.isError ? <button type="button" className="plain" onClick={again}>Another command</button> : null}
      </div>
      <ProblemText error={stop.error} />
      {stop.isIdle ? null : <p className="muted">Trace <code>{trace}</code>, as the audit log has it.</p>}
      {stop.isPending ? <p role="status" className="warn">NOT PROVED: the command is sent, no answer yet; it is not sent again.</p> : null}
      {done ? <section aria-label="Result"><h2>{done.action} at <Moment at={done.at} /></h2>{done.recorded ? null : <p className="warn">Not yet in the audit log: the database does not answer.</p>}<Proved of={done.pools.map((pool) => ({ symbol: pool.symbol, since: done.at, more: `${pool.state} ${pool.error}`.trim() }))} /></section> : null}
      <p className="muted">Where this page cannot reach the service: <code>market_maker kill</code> on its machine uses a local socket.</p>
    </main>
  );
}
