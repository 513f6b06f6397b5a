import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { newKey } from "../lib/trace";
import { Act } from "./act";
import { ProblemText } from "./problem";

/** Compares the form's values with what is in force, on a recording, before they are saved. */
export function TrialPart({ symbol, body }: { symbol: string; body: Schemas["PoolBody"] }): ReactNode {
  const recordings = useQuery({ queryKey: ["recordings"], queryFn: () => answered(api.GET("/v1/recordings", {})) });
  const [recording, setRecording] = useState("");
  const [key, setKey] = useState(newKey);
  const start = useMutation({
    mutationFn: () => answered(api.POST("/v1/pools/{symbol}/trial", { params: { path: { symbol }, query: { recording }, header: { "Idempotency-Key": key } }, body })),
    onSettled: () => setKey(newKey()),
  });
  const files = recordings.data?.items ?? [];
  return (
    <section aria-label="Trial">
      <h2>Trial</h2>
      {files.length === 0 ? <p className="muted">Where the folder recordings of the data directory has a recording, the change is compared on it with what is in force.</p> : (
        <div className="bar">
          <label>Recording <select value={recording} onChange={(event) => setRecording(event.target.value)}><option value="">choose…</option>{files.map((each) => <option key={each.name}>{each.name}</option>)}</select></label>
          <Act op="tryPool" disabled={!recording} busy={start.isPending} onClick={() => start.mutate()}>Compare on it</Act>
          {start.data ? <Link to="/reports/$id" params={{ id: start.data.id }}>The report of: {start.data.changes || "no change"}</Link> : null}
        </div>)}
      <ProblemText error={recordings.error ?? start.error} />
    </section>
  );
}
