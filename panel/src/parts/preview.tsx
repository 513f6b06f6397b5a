import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { answered, api, type Schemas } from "../api/client";
import { exact, fixed } from "../lib/numbers";
import { ProblemText } from "./problem";
import { DataTable } from "./table";
import { Taken } from "./taken";

const SETTLE_MS = 600;

/** What the form's values would quote now, before they are saved; asked when typing rests. */
export function PreviewPart({ body }: { body: Schemas["PoolBody"] }): ReactNode {
  const text = JSON.stringify(body);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const id = setTimeout(() => setSettled(text), SETTLE_MS);
    return () => clearTimeout(id);
  }, [text]);
  const query = useQuery({ queryKey: ["preview", settled], retry: false, placeholderData: (before) => before, queryFn: () => answered(api.POST("/v1/pools/preview", { body: JSON.parse(settled) as Schemas["PoolBody"] })) });
  const seen = query.data;
  return (
    <section aria-label="Preview" aria-busy={query.isFetching}>
      <h2>Preview</h2>
      <ProblemText error={query.error} />
      {seen && !query.error ? (
        <>
          <p>mid {exact(seen.preview.moment.mid)}, σ {fixed(seen.preview.moment.sigma, 2)}, position {exact(seen.preview.moment.position)}; spread {fixed(seen.preview.now.spread_bps, 2)} bps ({seen.preview.now.clamp}), bid {fixed(seen.preview.now.bid_bps, 2)} and ask {fixed(seen.preview.now.ask_bps, 2)} bps from fair. {seen.preview.feasibility}</p>
          {seen.would_loosen.length ? <p className="warn">⚠ loosens {seen.would_loosen.join(", ")}: needs {seen.roles_needed.join(" or ")}</p> : null}
          {seen.preview.warnings.length ? <ul className="warn">{seen.preview.warnings.map((each) => <li key={each}>{each}</li>)}</ul> : <p className="muted">No warning.</p>}
          <Taken symbol={body.symbol} />
          <DataTable label="Ladder" rows={seen.preview.quotes} keyOf={(q) => `${q.side}${q.level}`} empty="Nothing would be quoted." columns={[
            { id: "side", head: "Side", cell: (q) => <span className={q.side}><b>{q.side}</b></span> }, { id: "level", head: "Level", num: true, cell: (q) => q.level }, { id: "price", head: "Price", num: true, cell: (q) => exact(q.price) }, { id: "size", head: "Size", num: true, cell: (q) => exact(q.size) }, { id: "distance", head: "bps from fair", num: true, cell: (q) => fixed(q.distance_bps, 2) }, { id: "problem", head: "Problem", cell: (q) => q.problem },
          ]} />
        </>) : null}
    </section>
  );
}
