import type { ReactNode } from "react";
import type { PoolLive } from "../api/client";
import { ladderOf, type Rung } from "../lib/depth";
import { exact } from "../lib/numbers";
import { DataTable } from "./table";

/** The ladder as a table with bars: a screen reader reads it, and the own part has a mark. */
export function Depth({ pool }: { pool: PoolLive }): ReactNode {
  const rungs = ladderOf(pool);
  const most = Math.max(1e-12, ...rungs.map((rung) => Number(rung.size ?? rung.own)));
  return (
    <>
      <DataTable label="Depth with own orders" rows={rungs} keyOf={(rung) => rung.side + rung.price} empty="No book yet." columns={[
        { id: "side", head: "Side", cell: (r) => <span className={r.side === "BUY" ? "bid" : "ask"}><b>{r.side === "BUY" ? "bid" : "ask"}</b></span> },
        { id: "price", head: "Price", num: true, cell: (r) => exact(r.price) },
        { id: "size", head: "Size", num: true, cell: (r) => exact(r.size) },
        { id: "own", head: "Own", num: true, cell: (r) => (r.orders ? exact(r.own) : "") },
        { id: "orders", head: "Own orders", cell: (r) => <Own rung={r} /> },
        { id: "bar", head: "Bar", cell: (r) => <Bar rung={r} most={most} /> },
      ]} />
      <p className="muted">mid {exact(pool.estimates?.mid)}, fair {exact(pool.estimates?.fair)}; book {pool.book?.age_ms?.toFixed(0) ?? "–"} ms old</p>
    </>
  );
}

const Own = ({ rung }: { rung: Rung }): ReactNode => (
  <>{"▮".repeat(Math.min(rung.orders, 6))}{rung.unknown ? <strong className="bad"> ? {rung.unknown} UNKNOWN</strong> : null}</>
);

function Bar({ rung, most }: { rung: Rung; most: number }): ReactNode {
  const share = (text: string | null): string => `${Math.min(100, (Number(text ?? 0) / most) * 100)}%`;
  return (
    <span className={`depth ${rung.side === "BUY" ? "d-bid" : "d-ask"}`} aria-hidden="true">
      <span style={{ width: share(rung.size ?? rung.own) }} /><span className="mine" style={{ width: share(rung.own) }} />
    </span>
  );
}
