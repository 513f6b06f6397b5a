import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { events, versions } from "../lib/lists";
import { beside, exact, fixed } from "../lib/numbers";
import { ActLink } from "../parts/act";
import { Copy } from "../parts/copy";
import { PagedTable } from "../parts/paged";
import { ProblemText } from "../parts/problem";
import { reasonOf } from "../parts/quote";
import { Moment } from "../parts/state";
import { DataTable, type Column } from "../parts/table";
import { Loading } from "../parts/loading";

type Event = Schemas["PoolEvent"];

/** The story of the night, one line each; every line leads to what the engine knew at that moment. */
export function EventsTab({ symbol }: { symbol: string }): ReactNode {
  const columns: Column<Event>[] = [
    { id: "at", head: "UTC", cell: (e) => <Moment at={e.ts} day /> },
    { id: "kind", head: "Kind", cell: (e) => e.kind },
    { id: "text", head: "What", cell: (e) => e.text },
    { id: "by", head: "By", cell: (e) => e.by || "–" },
    { id: "why", head: "Explain", cell: (e) => <Link to="/pools/$symbol/explain" params={{ symbol }} search={{ at: e.ts } as never}>this moment</Link> },
  ];
  return <PagedTable label="Events" name={["events", symbol]} fetchPage={events(symbol)} columns={columns} keyOf={(e) => e.ts + e.kind + e.text} empty="Nothing happened in the last 24 hours." refetchMs={5_000} />;
}

type Version = Schemas["PoolVersion"];

const VERSIONS: Column<Version>[] = [
  { id: "version", head: "Version", num: true, cell: (v) => v.version },
  { id: "at", head: "UTC", cell: (v) => <Moment at={v.at} day /> },
  { id: "by", head: "By", cell: (v) => v.by },
  { id: "changed", head: "Changed", cell: (v) => (v.changed.length ? v.changed.map((each) => <div key={each.field} className={each.loosens ? "warn" : ""}>{each.field}: {each.before ?? "–"} → {each.after}{each.loosens ? ", ⚠ loosens" : ""}</div>) : "–") },
];

/** Each leads to the form with its values: differences and preview are seen before it is in force again. */
const again = (symbol: string): Column<Version> => ({ id: "again", head: "Again", cell: (v) => <ActLink op="replacePool" href={`/pools/${symbol}/edit`} search={{ version: String(v.version) }}>Edit as version {v.version}</ActLink> });

export const Versions = ({ symbol }: { symbol: string }): ReactNode => (
  <PagedTable label="Versions" name={["versions", symbol]} fetchPage={versions(symbol)} columns={[...VERSIONS, again(symbol)]} keyOf={(v) => String(v.version)} empty="No version yet." />
);

type Meant = { at?: string; order_id?: number; fill?: number };

/** What was known, wanted, clamped and sent at one turn of the engine: of a moment, of an order or of a fill. */
export function Explain(): ReactNode {
  const { symbol } = useParams({ from: "/pools/$symbol/explain" });
  const { at, order_id, fill } = useSearch({ strict: false }) as Meant;
  const meant: Meant = order_id !== undefined ? { order_id } : fill !== undefined ? { fill } : at ? { at } : {};
  const navigate = useNavigate();
  const show = (wanted: Meant): void => void navigate({ to: ".", search: wanted as never });
  const go = (moment: string): void => show({ at: moment });
  const query = useQuery({ queryKey: ["explain", symbol, meant], queryFn: () => answered(api.GET("/v1/pools/{symbol}/explain", { params: { path: { symbol }, query: meant } })) });
  const found = query.data;
  return (
    <main>
      <div className="bar"><h1>Explain {symbol}</h1><Link to="/pools/$symbol" params={{ symbol }} className="button">Back to the pool</Link></div>
      <Find onFind={show} />
      <ProblemText error={query.error} />
      {found && order_id !== undefined ? <p>The turn that placed order {order_id}.</p> : null}
      {found && fill !== undefined && order_id === undefined ? <p>The turn that took fill {fill}; what the order was placed for stands at its own turn.</p> : null}
      {found ? (
        <>
          <div className="bar">
            <button type="button" className="plain" onClick={() => go(moved(found.at, -1n))}>◂ turn before</button>
            <code>{found.at}</code>
            <button type="button" className="plain" onClick={() => go(moved(found.at, AFTER_NS))}>a second later ▸</button>
            <span>config v{found.config_version} · {found.strategy} · {found.state}: {found.reason}</span>
            <Copy text={`${location.origin}${location.pathname}?at=${encodeURIComponent(found.at)}`}>Copy link</Copy>
          </div>
          <Known known={found.known} />
          <div className="cols">
            <SideWanted name="bid" side={found.bid} />
            <SideWanted name="ask" side={found.ask} />
            <section aria-label="Events of the turn"><h2>Events of the turn</h2><p>{found.events.map((each) => `${each.kind} ×${each.count}`).join(", ") || "none"}</p></section>
          </div>
          <h2>Sent</h2>
          <Sent sent={found.sent} />
        </>) : query.isPending ? <Loading verb="Reading" of="the journal" /> : null}
    </main>
  );
}

/** Asks for the turn of an order or of a fill by its number, as the tabs orders and fills have them. */
function Find({ onFind }: { onFind: (wanted: Meant) => void }): ReactNode {
  const [number, setNumber] = useState("");
  const good = /^[0-9]{1,19}$/.test(number);
  return (
    <div className="bar">
      <label>Number of an order or a fill <input value={number} onChange={(event) => setNumber(event.target.value.trim())} inputMode="numeric" /></label>
      <button type="button" className="plain" disabled={!good} onClick={() => onFind({ order_id: Number(number) })}>Find the order</button>
      <button type="button" className="plain" disabled={!good} onClick={() => onFind({ fill: Number(number) })}>Find the fill</button>
    </div>
  );
}

const AFTER_NS = 1_000_000_000n;
const NANOS = 1_000_000_000n;

/** A moment of RFC 3339 moved by nanoseconds, which a Date cannot hold. */
export function moved(moment: string, nanos: bigint): string {
  const [whole = "", part = "0"] = moment.replace("Z", "").split(".");
  const all = BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(part.padEnd(9, "0").slice(0, 9)) + nanos;
  const seconds = new Date(Number(all / NANOS) * 1e3).toISOString().slice(0, 19);
  return `${seconds}.${(all % NANOS).toString().padStart(9, "0")}Z`;
}

const short = (value: number | null | undefined): string => fixed(value, 3);

function Known({ known }: { known: Schemas["ExplainedKnown"] }): ReactNode {
  return (
    <section aria-label="Known">
      <h2>Known</h2>
      <p>book {exact(known.best_bid)} / {exact(known.best_ask)}, {short(known.book_age_ms)} ms old {known.book_detail} · fair {beside(known.fair, known.mid)} ({known.fair_source}), mid {exact(known.mid)} · σ {short(known.sigma_bps)} bps, {known.samples_seen} of {known.samples_wanted} samples</p>
      <p>spread {short(known.spread_bps)} bps, shift {short(known.shift_bps)} bps, {known.clamp === "inside" ? "not clamped" : `clamped at the ${known.clamp}`}, floor {short(known.spread_floor_bps)} bps · position {exact(known.position)}; {known.members.map((each) => `${each.participant_id} ${exact(each.position)}${each.stopped ? `, ${each.stopped}` : ""}`).join("; ")}</p>
    </section>
  );
}

function SideWanted({ name, side }: { name: "bid" | "ask"; side: Schemas["ExplainedSide"] }): ReactNode {
  return (
    <section aria-label={name} className={name}>
      <h2><b>{name}</b> {side.quoting ? "quoting" : "SILENT"}</h2>
      <p>{reasonOf(side)}</p>
      <p>wanted by level: {side.wanted.map((price) => exact(price)).join(", ") || "–"}</p>
      <p>{side.orders.length} orders: {side.orders.map((order) => `${exact(order.price)} × ${exact(order.leaves)} L${order.level} ${order.state}`).join("; ") || "none"}</p>
    </section>
  );
}

function Sent({ sent }: { sent: readonly Schemas["ExplainedSent"][] }): ReactNode {
  const rows = sent.flatMap((turn) => turn.actions.map((action) => ({ ts: turn.ts, ...action })));
  return <DataTable label="Sent" rows={rows} keyOf={(row) => `${row.ts}${row.action}${row.order_id}`} empty="Nothing was sent in this turn." columns={[
    { id: "at", head: "UTC", cell: (r) => <code>{r.ts.slice(11)}</code> }, { id: "action", head: "Action", cell: (r) => r.action }, { id: "order", head: "Order", num: true, cell: (r) => r.order_id },
    { id: "side", head: "Side", cell: (r) => r.side ?? "–" }, { id: "level", head: "Level", num: true, cell: (r) => r.level ?? "–" }, { id: "price", head: "Price", num: true, cell: (r) => exact(r.price) }, { id: "size", head: "Size", num: true, cell: (r) => exact(r.size) }, { id: "who", head: "Participant", cell: (r) => r.participant_id ?? "–" },
  ]} />;
}
