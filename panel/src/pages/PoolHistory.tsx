import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState, type ReactNode } from "react";
import { answered, api } from "../api/client";
import { serviceNow } from "../lib/clock";
import { curvesOf } from "../lib/history";
import { fixed, time } from "../lib/numbers";
import { Chart, type Series } from "../parts/chart";
import { Read } from "../parts/read";
import { Moment } from "../parts/state";
import { DataTable } from "../parts/table";

const SPANS = { "15m": 900, "1h": 3_600, "6h": 21_600, "24h": 86_400, "7d": 604_800 } as const;
type Span = keyof typeof SPANS;
const REFRESH_MS = 10_000;
const QUOTES: Series[] = [{ label: "mid", colour: "--muted" }, { label: "fair", colour: "--fg", dash: [4, 3] }, { label: "bid", colour: "--bid" }, { label: "ask", colour: "--ask" }];
const POSITION: Series[] = [{ label: "position", colour: "--fg" }];
const PNL: Series[] = [{ label: "net", colour: "--fg" }, { label: "peak", colour: "--ok", dash: [4, 3] }, { label: "realised", colour: "--muted" }];

/** What the service recorded of a pool, which a restart does not lose: quotes, position, PnL with its drawdown, and what happened. */
export function HistoryTab({ symbol }: { symbol: string }): ReactNode {
  const search = useSearch({ strict: false }) as { span?: string };
  const navigate = useNavigate();
  const span = (Object.keys(SPANS) as Span[]).find((each) => each === search.span) ?? "1h";
  const setSpan = (next: Span): void => void navigate({ to: ".", search: ((now: object) => ({ ...now, span: next })) as never, replace: true });
  const [follow, setFollow] = useState(true);
  const query = useQuery({ queryKey: ["history", symbol, span], refetchInterval: follow ? REFRESH_MS : false, queryFn: () => {
    const since = new Date(serviceNow() - SPANS[span] * 1e3).toISOString();
    return answered(api.GET("/v1/pools/{symbol}/history", { params: { path: { symbol }, query: { since } } }));
  } });
  const seen = query.data;
  const curves = useMemo(() => (seen ? curvesOf(seen) : null), [seen]);
  return (
    <>
      <div className="bar" role="group" aria-label="Span">
        {(Object.keys(SPANS) as Span[]).map((each) => <button key={each} type="button" className="plain" aria-pressed={span === each} onClick={() => setSpan(each)}>{each}</button>)}
        <button type="button" className="plain" aria-pressed={follow} onClick={() => setFollow(!follow)}>{follow ? "following, pause" : "paused, follow"}</button>
        {seen ? <span className="muted">{seen.rows.length} rows of {seen.step}, {time(seen.since, true)} to {time(seen.until, true)} UTC</span> : null}
      </div>
      <Read query={query} of="the history">{() => (curves && seen ? (
        <>
          {seen.rows.length === 0 ? <p className="empty">Nothing was recorded in this span.</p> : null}
          <Chart title="Quotes; gaps: nothing on the book, or not seen" series={QUOTES} points={curves.quotes} marks={curves.marks} sync={`h-${symbol}`} />
          <Chart title="Position" series={POSITION} points={curves.position} marks={curves.marks.filter((mark) => mark.kind === "rebalance")} sync={`h-${symbol}`} height={110} />
          <Chart title={`Net PnL, USDT, with the drawdown below its peak; deepest ${fixed(curves.deepest)}${curves.deepestAt ? ` at ${new Date(curves.deepestAt * 1e3).toISOString().slice(11, 19)}` : ""}`} series={PNL} points={curves.pnl} between={[2, 1]} sync={`h-${symbol}`} height={140} />
          <h2>What happened</h2>
          <DataTable csv label="Marks" rows={seen.marks.toReversed()} keyOf={(mark) => mark.ts + mark.text} empty="Nothing in this span." columns={[
            { id: "at", head: "UTC", cell: (m) => <Moment at={m.ts} day /> }, { id: "kind", head: "Kind", cell: (m) => m.kind }, { id: "text", head: "What", cell: (m) => m.text }, { id: "by", head: "By", cell: (m) => m.by || "–" },
          ]} />
        </>) : null)}</Read>
    </>
  );
}
