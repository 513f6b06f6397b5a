import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Alert } from "../api/client";
import { inShort, matters, said } from "../lib/alerts";
import type { Feed } from "../lib/stream";
import { Moment } from "./state";

/** A severity by mark, word and colour. */
export const Severity = ({ of }: { of: Alert["severity"] }): ReactNode =>
  of === "CRITICAL" ? <strong className="bad">■ CRITICAL</strong> : <span className="warn">▲ WARNING</span>;

const AWAY = "The database does not answer";

/** The alerts are kept in the database: without it none is added or cleared, and what is shown must not pass for what holds now. */
export function RecordsAway({ feed }: { feed: Feed }): ReactNode {
  if (feed.glance?.records_available !== false) return null;
  return (
    <article className="problem" aria-label={AWAY}>
      <p><Severity of="CRITICAL" /> service <b>{AWAY}</b></p>
      <p>Alerts are those of before: none is added, cleared or acknowledged until it is back. States, orders and positions of pools are those of now.</p>
      <p className="muted">Engines quote on for a while; kill and pause work without it. Bring it back.</p>
    </article>
  );
}

/** What calls for an operator, in one line that takes the same room whatever it says: a table below it must not move under the pointer. */
export function Calls({ feed }: { feed: Feed }): ReactNode {
  const away = feed.glance?.records_available === false;
  const found = matters(feed.alerts ?? []);
  const critical = away || found[0]?.severity === "CRITICAL";
  if (!away && found.length === 0) return <p className="calls ok">{feed.alerts ? "● nothing calls for an operator" : ""}</p>;
  return (
    <p className={`calls ${critical ? "bad" : "warn"}`} aria-live="polite">
      <Link to="/alerts">{critical ? "■" : "▲"} {[...(away ? [`${AWAY}; alerts are those of before`] : []), ...found.map(inShort)].join(" · ")}</Link>
    </p>
  );
}

/** What calls for an operator in one pool, and what is critical in the service, with what to do. */
export function CallsOf({ symbol, feed }: { symbol: string; feed: Feed }): ReactNode {
  const found = matters((feed.alerts ?? []).filter((alert) => alert.symbol === symbol || (alert.symbol === null && alert.severity === "CRITICAL")));
  if (found.length === 0) return null;
  return (
    <ul className="matters" aria-label="Alerts of this pool">
      {found.map((matter) => (
        <li key={matter.key}>
          <Severity of={matter.severity} /> {matter.ofService ? "service: " : ""}<Link to="/alerts">{matter.title}</Link> since <Moment at={matter.since} day />: {said(matter.alerts[0]!)} <span className="muted">{matter.advice}</span>
        </li>))}
    </ul>
  );
}
