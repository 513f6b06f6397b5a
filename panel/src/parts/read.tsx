import type { ReactNode } from "react";
import { time } from "../lib/numbers";
import { Loading } from "./loading";
import { ProblemText } from "./problem";

type Query<T> = { data: T | undefined; error: unknown; dataUpdatedAt: number; refetch: () => unknown };

/** What was read. Where a newer read fails, the last answer stays, marked as old, under what went wrong: it must not pass for what is so now. */
export function Read<T>({ query: { data, error, dataUpdatedAt, refetch }, of, children }: { query: Query<T>; of: string; children: (data: T) => ReactNode }): ReactNode {
  const problem = error ? <ProblemText error={error} onRetry={refetch} /> : null;
  if (data === undefined) return problem ?? <Loading of={of} />;
  return (
    <>
      {problem}
      {error ? <p className="warn">⚠ What follows is old: it was read at {time(new Date(dataUpdatedAt).toISOString())} by this machine&apos;s clock.</p> : null}
      <div className={error ? "old" : undefined}>{children(data)}</div>
    </>
  );
}
