// The last minutes of a pool as the stream showed them, for charts. What was not seen is a gap.

import type { PoolLive } from "../api/client";
import type { Mark, Point } from "../parts/chart";

/** pnl: net, peak of what was seen, realised. deepest: the greatest fall below a peak, USDT, zero or negative. */
export type Trail = { quotes: Point[]; position: Point[]; pnl: Point[]; marks: Mark[]; peak: number | null; deepest: number; signal: string };

const KEPT = 4_500;
const MARKS_KEPT = 200;
const GAP_S = 3;
export const EMPTY_TRAIL: Trail = { quotes: [], position: [], pnl: [], marks: [], peak: null, deepest: 0, signal: "none" };
const number = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Number(text));

/** `trail` with one more picture of the pool, seen at `seconds`. */
export function extended(trail: Trail, pool: PoolLive, seconds: number): Trail {
  const last = trail.quotes.at(-1)?.[0] ?? null;
  if (last !== null && last - seconds > GAP_S) return extended(EMPTY_TRAIL, pool, seconds); // the service's clock was set back: a chart of its future would stand still
  if (last !== null && seconds <= last) return trail;
  const gap = last !== null && seconds - last > GAP_S ? last + 0.001 : null;
  const add = (points: Point[], ...values: (number | null)[]): Point[] => {
    const hole: Point[] = gap === null ? [] : [[gap, ...values.map(() => null)]];
    return [...points.slice(-KEPT), ...hole, [seconds, ...values]];
  };
  const net = number(pool.pnl?.net);
  const peak = net === null ? trail.peak : Math.max(net, trail.peak ?? net);
  const signal = pool.rebalance?.action ?? "none";
  return {
    quotes: add(trail.quotes, number(pool.estimates?.mid), number(pool.estimates?.fair), number(pool.bid?.price), number(pool.ask?.price)),
    position: add(trail.position, number(pool.net_position)),
    pnl: add(trail.pnl, net, net === null ? null : peak, number(pool.pnl?.realised)),
    marks: signal === trail.signal || signal === "none" ? trail.marks : [...trail.marks, marked(pool, seconds)].slice(-MARKS_KEPT),
    peak,
    deepest: net === null || peak === null ? trail.deepest : Math.min(trail.deepest, net - peak),
    signal,
  };
}

const marked = (pool: PoolLive, at: number): Mark => ({ at, kind: "rebalance", text: `${pool.rebalance?.action === "buy" ? "▲" : "▼"} ${pool.rebalance?.action} ${pool.rebalance?.size}` });
