import type { ReactNode } from "react";
import { Refused } from "../api/client";

/** A refusal in the service's own words, with each field it names. */
export function ProblemText({ error }: { error: unknown }): ReactNode {
  if (!error) return null;
  const problem = error instanceof Refused ? error.problem : null;
  return (
    <div className="problem" role="alert">
      <p><strong>{problem?.title ?? "Request failed"}</strong>: {error instanceof Error ? error.message : String(error)}</p>
      {problem?.flaws?.length ? (
        <ul>{problem.flaws.map((flaw) => <li key={flaw.field}><b>{flaw.field}</b> {JSON.stringify(flaw.value)}: allowed is {flaw.allowed}</li>)}</ul>
      ) : null}
      {problem?.trace_id ? <p className="muted">trace {problem.trace_id}</p> : null}
    </div>
  );
}
