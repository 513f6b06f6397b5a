import type { ReactNode } from "react";
import type { PoolLive } from "../api/client";
import { drawn, exact, fixed } from "../lib/numbers";

const WIDTH = 320;
const MARGIN = 12;

/** The own bid and ask on a line with the market's, and the spread between them. */
export function QuoteLine({ pool }: { pool: PoolLive }): ReactNode {
  const marks = marksOf(pool);
  return (
    <>
      {marks.length > 1 ? <Line marks={marks} /> : <p className="muted">Too few prices to draw.</p>}
      <p className="ask"><b>ask</b> {side(pool.ask)}: {reasonOf(pool.ask)}</p>
      <p>spread {fixed(pool.estimates?.spread_bps, 2)} bps ({pool.estimates?.clamp})</p>
      <p className="bid"><b>bid</b> {side(pool.bid)}: {reasonOf(pool.bid)}</p>
    </>
  );
}

/** Why a side quotes or not, with the limits that this speaks of and what they are set to. */
export const reasonOf = (quote: { reason: string; limit: string } | null | undefined): string => (quote ? quote.reason + (quote.limit ? ` (${quote.limit})` : "") : "");

const side = (quote: PoolLive["bid"]): string => (quote?.quoting ? `${exact(quote.price)} × ${exact(quote.size)}` : "SILENT");

type Mark = { name: string; price: number; colour: string; above: boolean };

function marksOf(pool: PoolLive): Mark[] {
  const all: [string, string | null | undefined, string, boolean][] = [
    ["bid", pool.bid?.price, "var(--bid)", true], ["ask", pool.ask?.price, "var(--ask)", true],
    ["best bid", pool.book?.best_bid, "var(--muted)", false], ["best ask", pool.book?.best_ask, "var(--muted)", false], ["fair", pool.estimates?.fair, "var(--fg)", true],
  ];
  return all.flatMap(([name, price, colour, above]) => (price ? [{ name, price: Number(price), colour, above }] : []));
}

function Line({ marks }: { marks: Mark[] }): ReactNode {
  const prices = marks.map((mark) => mark.price);
  const low = Math.min(...prices);
  const width = Math.max(...prices) - low || 1;
  const at = (price: number): number => MARGIN + ((price - low) / width) * (WIDTH - 2 * MARGIN);
  return (
    <svg className="quote" viewBox={`0 0 ${WIDTH} 64`} role="img" aria-label={`Prices from low to high: ${marks.toSorted((a, b) => a.price - b.price).map((mark) => `${mark.name} ${drawn(mark.price)}`).join(", ")}`}>
      <line x1={MARGIN} x2={WIDTH - MARGIN} y1="32" y2="32" stroke="var(--line)" strokeWidth="2" />
      {marks.map((mark) => (
        <g key={mark.name} stroke={mark.colour} fill={mark.colour}>
          <line x1={at(mark.price)} x2={at(mark.price)} y1={mark.above ? 18 : 32} y2={mark.above ? 32 : 46} strokeWidth="3" />
          <text x={at(mark.price)} y={mark.above ? 13 : 58} textAnchor={at(mark.price) > WIDTH - 40 ? "end" : at(mark.price) < 40 ? "start" : "middle"} stroke="none" fontSize="11">{mark.name}</text>
        </g>))}
    </svg>
  );
}
