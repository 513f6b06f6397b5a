import type { ReactNode } from "react";

/** What a part says until its first data are there: in words for everyone, as grey lines once that takes longer than a glance. */
export function Loading({ of, verb = "Loading" }: { of: string; verb?: "Loading" | "Waiting for" | "Reading" }): ReactNode {
  return (
    <div className="loading" data-waiting="">
      <p role="status">{verb} {of}…</p>
      <div aria-hidden="true"><span /><span /><span /></div>
    </div>
  );
}
