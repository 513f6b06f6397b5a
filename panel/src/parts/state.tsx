import type { ReactNode } from "react";
import { time } from "../lib/numbers";
import { useAge, useStale, type Feed } from "../lib/stream";

const MARKS: Record<string, string> = {
  ACTIVE: "●", PAUSED: "❚❚", HALTED: "■", NOT_RUNNING: "○",
  PENDING: "◐", SUSPENDED: "❚❚", TERMINATED: "■", REMOVED: "○",
  APPROVED: "●", REJECTED: "■", SETTLED: "✓", FAILED: "■",
};

/** A state by shape, word and colour: never by colour alone. */
export const Badge = ({ state }: { state: string }): ReactNode => (
  <span className={`badge s-${state}`}><span aria-hidden="true">{MARKS[state] ?? "·"}</span> {state}</span>
);

/** How old the live picture is, in words; old numbers are marked by the same rule. */
export function Freshness({ feed }: { feed: Feed }): ReactNode {
  const age = useAge(feed.at);
  const stale = useStale(feed);
  const words =
    feed.connection === "refused" ? "not signed in, or not allowed"
    : !Number.isFinite(age) ? `connecting${feed.why ? `: ${feed.why}, trying again` : ""}`
    : feed.connection === "lost" ? `connection lost${feed.why ? ` (${feed.why})` : ""}, trying again; ${seconds(age)} old`
    : stale ? `stale: ${seconds(age)} old`
    : "live";
  return <p className={stale ? "fresh stale" : "fresh"} role="status" data-stale={stale}>{stale ? "⚠ " : "◉ "}{words}</p>;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(0)} s`;

/** Marks everything inside as old while the picture is. */
export function Live({ feed, children }: { feed: Feed; children: ReactNode }): ReactNode {
  const stale = useStale(feed);
  return <div className={stale ? "old" : undefined} data-old={stale}>{children}</div>;
}

/** A moment in UTC. */
export const Moment = ({ at, day = false }: { at: string | null | undefined; day?: boolean }): ReactNode =>
  at ? <time dateTime={at} title={new Date(at).toLocaleString()}>{time(at, day)}</time> : "–";

/** From here on a limit is near. */
const NEAR = 0.8;

/** Used share of a limit as a bar and a percentage. */
export function Used({ share, label }: { share: number; label: string }): ReactNode {
  const pct = Math.round(share * 100);
  const level = share >= 1 ? "bad" : share >= NEAR ? "warn" : "ok";
  return <span className={`used ${level}`}><meter aria-label={label} min={0} low={NEAR} high={0.9999} max={1} optimum={0} value={Math.min(1, share)} /> {pct} %</span>;
}
