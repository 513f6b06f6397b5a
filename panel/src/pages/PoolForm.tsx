import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, newKey, Refused, type Pool, type Schemas } from "../api/client";
import { rulesOf, sent, shown, useDescription, type FieldRule } from "../lib/description";
import { Act } from "../parts/act";
import { Field } from "../parts/field";
import { ProblemText } from "../parts/problem";

type Values = Record<string, string>;
type Body = Schemas["PoolBody"];

/** Fields that an operator sets first; the others stand in a second group. */
const FIRST = new Set(["symbol", "strategy", "gamma", "kappa", "min_spread_bps", "max_spread_bps", "order_size_usdt", "num_levels", "level_spacing_bps", "max_pool_position_usdt", "max_pool_loss_usdt"]);

export function NewPool(): ReactNode {
  const description = useDescription();
  if (!description.data) return <main><p role="status">Loading the form…</p><ProblemText error={description.error} /></main>;
  return <PoolForm rules={rulesOf(description.data, "PoolBody")} pool={null} />;
}

export function EditPool(): ReactNode {
  const { symbol } = useParams({ from: "/pools/$symbol/edit" });
  const description = useDescription();
  const pool = useQuery({ queryKey: ["pool", symbol], queryFn: () => answered(api.GET("/v1/pools/{symbol}", { params: { path: { symbol } } })), refetchOnWindowFocus: false });
  if (!description.data || !pool.data) return <main><p role="status">Loading the form…</p><ProblemText error={description.error ?? pool.error} /></main>;
  return <PoolForm rules={rulesOf(description.data, "PoolBody")} pool={pool.data} />;
}

function PoolForm({ rules, pool }: { rules: FieldRule[]; pool: Pool | null }): ReactNode {
  const navigate = useNavigate();
  const before: Values = Object.fromEntries(rules.map((rule) => [rule.name, pool ? shown(pool[rule.name as keyof Pool]) : rule.initial]));
  const [values, setValues] = useState<Values>(before);
  const [key] = useState(newKey);
  const save = useMutation({
    mutationFn: () => saved(body(rules, values, pool), pool, key),
    onSuccess: (made) => void navigate({ to: "/pools/$symbol", params: { symbol: made.symbol } }),
  });
  const flaws = new Map((save.error instanceof Refused ? save.error.problem.flaws ?? [] : []).map((flaw) => [flaw.field, `allowed: ${flaw.allowed}`]));
  const changed = rules.filter((rule) => values[rule.name] !== before[rule.name]);
  const field = (rule: FieldRule): ReactNode => (
    <Field key={rule.name} label={rule.name} value={values[rule.name] ?? ""} help={rule.kind === "choice" ? `one of ${rule.choices.join(", ")}` : rule.help} problem={flaws.get(rule.name)}
      disabled={pool !== null && rule.name === "symbol"} changed={changed.includes(rule)} onChange={(value) => setValues({ ...values, [rule.name]: value })} />
  );
  return (
    <main>
      <h1>{pool ? `Edit ${pool.symbol}` : "New pool"}</h1>
      <div className="form">{rules.filter((rule) => FIRST.has(rule.name)).map(field)}</div>
      <details><summary>All other fields</summary><div className="form">{rules.filter((rule) => !FIRST.has(rule.name) && rule.name !== "version").map(field)}</div></details>
      <Differences changed={changed} before={before} values={values} />
      <ProblemText error={save.error} />
      <Act op={pool ? "replacePool" : "createPool"} className="go" disabled={save.isPending || (pool !== null && changed.length === 0)} onClick={() => save.mutate()}>{pool ? `Save as version ${pool.version + 1}` : "Create pool"}</Act>
    </main>
  );
}

function body(rules: FieldRule[], values: Values, pool: Pool | null): Body {
  const given = rules.filter((rule) => rule.name !== "version" && (rule.required || pool !== null || values[rule.name] !== ""));
  return Object.fromEntries(given.map((rule) => [rule.name, sent(rule.kind, values[rule.name] ?? "")])) as Body;
}

function saved(fields: Body, pool: Pool | null, key: string): Promise<Pool> {
  if (pool === null) return answered(api.POST("/v1/pools", { headers: { "Idempotency-Key": key }, body: fields }));
  return answered(api.PUT("/v1/pools/{symbol}", { params: { path: { symbol: pool.symbol } }, headers: { "If-Match": `"${pool.version}"` }, body: fields }));
}

function Differences({ changed, before, values }: { changed: FieldRule[]; before: Values; values: Values }): ReactNode {
  if (changed.length === 0) return <p className="muted">No difference yet.</p>;
  return (
    <section aria-label="Differences">
      <h2>Differences</h2>
      <ul>{changed.map(({ name }) => <li key={name}><b>{name}</b>: {before[name] || "–"} → {values[name] || "–"}</li>)}</ul>
    </section>
  );
}
