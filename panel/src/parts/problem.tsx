import type { ReactNode } from "react";
import { Refused } from "../api/client";
import { Copy } from "./copy";

/** A refusal in the service's own words, with each field it names; a read that failed can be tried again. */
export function ProblemText({ error, onRetry }: { error: unknown; onRetry?: () => unknown }): ReactNode {
  if (!error) return null;
  const problem = error instanceof Refused ? error.problem : null;
  const trace = problem?.trace_id;
  return (
    <div className="problem" role="alert">
      <p><strong>{problem?.title ?? "Request failed"}</strong>: {error instanceof Error ? error.message : String(error)}</p>
      {problem?.flaws?.length ? (
        <ul>{problem.flaws.map((flaw) => <li key={flaw.field}><b>{flaw.field}</b> {JSON.stringify(flaw.value)}: allowed is {flaw.allowed}</li>)}</ul>
      ) : null}
      {trace ? <p className="muted">trace {trace} <Copy text={trace}>Copy trace</Copy></p> : null}
      {onRetry ? <button type="button" className="plain" onClick={() => void onRetry()}>Try again</button> : null}
    </div>
  );
}
