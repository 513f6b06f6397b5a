// The last minutes of a pool as the stream showed them, for charts. What was not seen is a gap.

import type { PoolLive } from "../api/client";
import type { Point } from "../parts/chart";

export type Trail = { quotes: Point[]; position: Point[]; pnl: Point[] };

const KEPT = 4_500;
const GAP_S = 3;
export const EMPTY_TRAIL: Trail = { quotes: [], position: [], pnl: [] };
const number = (text: string | null | undefined): number | null => (text === null || text === undefined ? null : Number(text));

/** `trail` with one more picture of the pool, seen at `seconds`. */
export function extended(trail: Trail, pool: PoolLive, seconds: number): Trail {
  const last = trail.quotes.at(-1)?.[0] ?? null;
  if (last !== null && seconds <= last) return trail;
  const gap = last !== null && seconds - last > GAP_S ? last + 0.001 : null;
  const add = (points: Point[], ...values: (number | null)[]): Point[] => {
    const hole: Point[] = gap === null ? [] : [[gap, ...values.map(() => null)]];
    return [...points, ...hole, [seconds, ...values]].slice(-KEPT);
  };
  return {
    quotes: add(trail.quotes, number(pool.estimates?.mid), number(pool.estimates?.fair), number(pool.bid?.price), number(pool.ask?.price)),
    position: add(trail.position, number(pool.net_position)),
    pnl: add(trail.pnl, number(pool.pnl?.net), number(pool.pnl?.realised)),
  };
}
