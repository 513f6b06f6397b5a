// Rows of the service's history as points for charts: what is missing is a gap, what is null is unknown.

import type { Schemas } from "../api/client";
import type { Mark, Point } from "../parts/chart";

export type History = Schemas["History"];
export type Curves = { quotes: Point[]; position: Point[]; pnl: Point[]; marks: Mark[]; deepest: number; deepestAt: number | null };

const SECONDS: Record<string, number> = { "1s": 1, "10s": 10, "1m": 60, "5m": 300, "1h": 3_600 };
/** A pause of more than this many steps is a gap. */
const GAP_STEPS = 3;

const number = (value: unknown): number | null => (value === null || value === undefined || value === "" ? null : Number(value));

/** The curves of a span. pnl: net, the peak so far, realised, each of the step's end; deepest: of net_min below the peak of net_max. */
export function curvesOf({ columns, rows, marks, step }: History): Curves {
  const at = new Map(columns.map((name, i) => [name, i]));
  const of = (row: History["rows"][number], name: string): number | null => number(row[at.get(name) ?? -1]);
  const made: Curves = { quotes: [], position: [], pnl: [], deepest: 0, deepestAt: null, marks: marks.map((mark) => ({ at: Date.parse(mark.ts) / 1e3, kind: mark.kind, text: mark.text })) };
  let peak: number | null = null;
  let last: number | null = null;
  for (const row of rows) {
    const ts = (of(row, "ts") ?? 0) / 1e3;
    if (last !== null && ts - last > GAP_STEPS * (SECONDS[step] ?? 1)) for (const [points, width] of [[made.quotes, 4], [made.position, 1], [made.pnl, 3]] as const) points.push([last + 1e-3, ...Array<null>(width).fill(null)]);
    last = ts;
    const net = of(row, "net");
    const high = of(row, "net_max") ?? net;
    const low = of(row, "net_min") ?? net;
    if (high !== null) peak = Math.max(high, peak ?? high);
    if (low !== null && peak !== null && low - peak < made.deepest) [made.deepest, made.deepestAt] = [low - peak, ts];
    made.quotes.push([ts, of(row, "mid"), of(row, "fair"), of(row, "bid"), of(row, "ask")]);
    made.position.push([ts, of(row, "position")]);
    made.pnl.push([ts, net, net === null ? null : peak, of(row, "realised")]);
  }
  return made;
}
