import type { ReactNode } from "react";
import { ladderOf, type Rung } from "../lib/depth";
import { age, beside, exact } from "../lib/numbers";
import { useBook, usePool } from "../lib/stream";
import { DataTable } from "./table";
import { Loading } from "./loading";

/** The market's levels as a table with bars: a screen reader reads it, and the own part has a mark. */
export function Depth({ symbol }: { symbol: string }): ReactNode {
  const book = useBook(symbol);
  const { pool } = usePool(symbol);
  const names = new Map(pool?.members.map((each) => [each.participant_id, each.display_name || each.participant_id]));
  if (!book) return <Loading verb="Waiting for" of="the book: it is there while an engine runs" />;
  const rungs = ladderOf(book);
  const most = Math.max(1e-12, ...rungs.map((rung) => Number(rung.size ?? rung.own)));
  return (
    <>
      <DataTable label="Depth with own orders" rows={rungs} keyOf={(rung) => rung.side + rung.price} empty="No book yet." columns={[
        { id: "side", head: "Side", cell: (r) => <span className={r.side === "BUY" ? "bid" : "ask"}><b>{r.side === "BUY" ? "bid" : "ask"}</b></span> },
        { id: "price", head: "Price", num: true, cell: (r) => exact(r.price) },
        { id: "size", head: "Size", num: true, cell: (r) => exact(r.size) },
        { id: "own", head: "Own", num: true, cell: (r) => (r.own_orders ? exact(r.own) : "") },
        { id: "orders", head: "Own orders", cell: (r) => <Own rung={r} /> },
        { id: "whose", head: "Of", cell: (r) => r.members.map((each) => names.get(each) ?? each).join(", ") },
        { id: "bar", head: "Bar", cell: (r) => <Bar rung={r} most={most} /> },
      ]} />
      <p className="muted">mid {exact(book.mid)}, fair {beside(book.fair, book.mid)}{book.collar ? `, orders may lie from ${exact(book.collar.low)} to ${exact(book.collar.high)}` : ""}; book {age(book.age_ms)} old{book.detail ? <strong className="warn">, {book.detail}</strong> : null}</p>
    </>
  );
}

const Own = ({ rung }: { rung: Rung }): ReactNode => (
  <>{"▮".repeat(Math.min(rung.own_orders, 6))}{rung.own_orders > 6 ? ` ${rung.own_orders}` : ""}{rung.unknown_orders ? <strong className="bad"> ? {rung.unknown_orders} UNKNOWN</strong> : null}</>
);

function Bar({ rung, most }: { rung: Rung; most: number }): ReactNode {
  const share = (text: string | null): string => `${Math.min(100, (Number(text ?? 0) / most) * 100)}%`;
  return (
    <span className={`depth ${rung.side === "BUY" ? "d-bid" : "d-ask"}`} aria-hidden="true">
      <span style={{ width: share(rung.size ?? rung.own) }} /><span className="mine" style={{ width: share(rung.own) }} />
    </span>
  );
}
