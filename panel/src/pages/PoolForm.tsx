import { useMutation, useQuery } from "@tanstack/react-query";
import { useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type Pool, type Schemas } from "../api/client";
import { newKey } from "../lib/trace";
import { useMay } from "../lib/may";
import { rulesOf, sent, shown, useDescription, type FieldRule } from "../lib/description";
import { ThreeWayDifference } from "../parts/conflict";
import { PreviewPart } from "../parts/preview";
import { TrialPart } from "../parts/trial";
import { Act } from "../parts/act";
import { Field } from "../parts/field";
import { ProblemText } from "../parts/problem";
import { Loading } from "../parts/loading";

type Values = Record<string, string>;
type Body = Schemas["PoolBody"];

/** Fields that an operator sets first; the others stand in a second group. */
const FIRST = new Set(["symbol", "strategy", "gamma", "kappa", "min_spread_bps", "max_spread_bps", "order_size_usdt", "num_levels", "level_spacing_bps", "max_pool_position_usdt", "max_pool_loss_usdt"]);

export function NewPool(): ReactNode {
  const { from = "" } = useSearch({ strict: false }) as { from?: string };
  const description = useDescription();
  const like = useQuery({ queryKey: ["pool", from], enabled: from !== "", queryFn: () => answered(api.GET("/v1/pools/{symbol}", { params: { path: { symbol: from } } })), refetchOnWindowFocus: false });
  if (!description.data || (from && !like.data)) return <main>{description.error ?? like.error ? <ProblemText error={description.error ?? like.error} /> : <Loading of="the form" />}</main>;
  return <PoolForm rules={rulesOf(description.data, "PoolBody")} pool={null} like={like.data ?? null} />;
}

/** Not taken over from a pool that a new one is to be like: its name, and that it runs. */
const ITS_OWN = new Set(["symbol", "enabled", "version"]);

export function EditPool(): ReactNode {
  const { symbol } = useParams({ from: "/pools/$symbol/edit" });
  const { version } = useSearch({ strict: false }) as { version?: string | number };
  const earlier = useQuery({ queryKey: ["version", symbol, version], enabled: version !== undefined, queryFn: () => answered(api.GET("/v1/pools/{symbol}/versions/{version}", { params: { path: { symbol, version: String(version) } } })), refetchOnWindowFocus: false });
  const description = useDescription();
  const pool = useQuery({ queryKey: ["pool", symbol], refetchOnMount: "always", queryFn: () => answered(api.GET("/v1/pools/{symbol}", { params: { path: { symbol } } })), refetchOnWindowFocus: false });
  const name = `${symbol} ${version ?? ""}`;
  const [begun, begin] = useState<{ name: string; rules: FieldRule[]; pool: Pool; again: Earlier | null } | null>(null);
  // A form that is open stays as it is, whatever is read or cannot be read meanwhile: what was typed must not go with a sign-in that ends.
  if (begun?.name === name) return <PoolForm key={name} rules={begun.rules} pool={begun.pool} again={begun.again} />;
  const problem = description.error ?? pool.error ?? earlier.error;
  // Never a copy that was read before this form was opened: its version may be gone, and saving would look like a conflict with oneself.
  if (!description.data || !pool.data || pool.isError || !pool.isFetchedAfterMount || (version !== undefined && !earlier.data)) return <main>{problem ? <ProblemText error={problem} /> : <Loading of="the form" />}</main>;
  begin({ name, rules: rulesOf(description.data, "PoolBody"), pool: pool.data, again: earlier.data ?? null });
  return null;
}

type Earlier = Schemas["PoolVersionInFull"];

/** again: an earlier version of this pool, whose values are typed in already. */
function PoolForm({ rules, pool: opened, like = null, again = null }: { rules: FieldRule[]; pool: Pool | null; like?: Pool | null; again?: Earlier | null }): ReactNode {
  const [pool, setPool] = useState(opened);
  const navigate = useNavigate();
  const before: Values = Object.fromEntries(rules.map((rule) => [rule.name, pool ? shown(pool[rule.name as keyof Pool]) : like && !ITS_OWN.has(rule.name) ? shown(like[rule.name as keyof Pool]) : rule.initial]));
  const [edits, setEdits] = useState<Values>(() => (again ? valuesOf(rules, again) : {}));
  const values: Values = { ...before, ...edits };
  const [key] = useState(newKey);
  const may = useMay();
  const save = useMutation({
    mutationFn: () => saved(body(rules, values, pool), pool, key),
    onSuccess: (made) => void navigate({ to: "/pools/$symbol", params: { symbol: made.symbol }, ignoreBlocker: true }),
  });
  const flaws = new Map((save.error instanceof Refused ? save.error.problem.flaws ?? [] : []).map((flaw) => [flaw.field, `allowed: ${flaw.allowed}`]));
  const changed = rules.filter((rule) => values[rule.name] !== before[rule.name]);
  const unsaved = changed.length > 0 && !save.isSuccess;
  useBlocker({ shouldBlockFn: () => unsaved && !confirm("The changes are not saved. Leave the form?"), enableBeforeUnload: unsaved, disabled: !unsaved });
  const field = (rule: FieldRule): ReactNode => (
    <Field key={rule.name} label={rule.name} value={values[rule.name] ?? ""} help={rule.kind === "choice" ? `one of ${rule.choices.join(", ")}` : rule.help} problem={flaws.get(rule.name)}
      disabled={pool !== null && rule.name === "symbol"} changed={changed.includes(rule)} onChange={(value) => setEdits({ ...edits, [rule.name]: value })} />
  );
  return (
    <main>
      <h1>{pool ? `Edit ${pool.symbol}` : "New pool"}</h1>
      {again ? <p className="muted">The values are those of version {again.version.version}; nothing is in force before it is saved.</p> : null}
      {like ? <p className="muted">Everything but the symbol is as {like.symbol} has it.</p> : null}
      <div className="form">{rules.filter((rule) => FIRST.has(rule.name)).map(field)}</div>
      <details><summary>All other fields</summary><div className="form">{rules.filter((rule) => !FIRST.has(rule.name) && rule.name !== "version").map(field)}</div></details>
      <Differences changed={changed} before={before} values={values} />
      {may("previewPool").allowed && rules.every((rule) => !rule.required || values[rule.name] !== "") ? <PreviewPart body={body(rules, values, pool)} /> : <p className="muted">A preview stands here once all needed fields are filled.</p>}
      {pool && changed.length > 0 ? <TrialPart symbol={pool.symbol} body={body(rules, values, pool)} /> : null}
      {pool && save.error instanceof Refused && save.error.problem.status === 409 ? <Conflict rules={rules} before={before} values={values} symbol={pool.symbol} onTake={(theirs) => { setPool(theirs); save.reset(); }} /> : null}
      <ProblemText error={save.error} />
      <Act op={pool ? "replacePool" : "createPool"} className="go" disabled={pool !== null && changed.length === 0} busy={save.isPending} onClick={() => save.mutate()}>{pool ? `Save as version ${pool.version + 1}` : "Create pool"}</Act>
    </main>
  );
}

const valuesOf = (rules: FieldRule[], { config }: Earlier): Values => Object.fromEntries(rules.filter(({ name }) => name !== "version").map(({ name }) => [name, shown(config[name as keyof Earlier["config"]])]));

/** A choice that the service reports and does not take, as a venue that its settings chose: it is not sent back. */
const reportedOnly = (rule: FieldRule, value: string): boolean => rule.kind === "choice" && !rule.required && value !== "" && !rule.choices.includes(value);

function body(rules: FieldRule[], values: Values, pool: Pool | null): Body {
  const given = rules.filter((rule) => rule.name !== "version" && !reportedOnly(rule, values[rule.name] ?? "") && (rule.required || pool !== null || values[rule.name] !== ""));
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

/** Someone saved meanwhile: the value at the beginning, theirs and yours of every field that differs; nothing typed is lost. */
function Conflict({ rules, before, values, symbol, onTake }: { rules: FieldRule[]; before: Values; values: Values; symbol: string; onTake: (theirs: Pool) => void }): ReactNode {
  const query = useQuery({ queryKey: ["pool", symbol, "theirs"], staleTime: 0, queryFn: () => answered(api.GET("/v1/pools/{symbol}", { params: { path: { symbol } } })) });
  if (!query.data) return <ProblemText error={query.error} />;
  const theirs = query.data;
  const rows = rules.map(({ name }) => ({ name, first: before[name] ?? "", theirs: shown(theirs[name as keyof Pool]), yours: values[name] ?? "" }));
  return <ThreeWayDifference version={theirs.version} rows={rows} onTake={() => onTake(theirs)} />;
}
