import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, Refused, type Schemas } from "../api/client";
import { newKey } from "../lib/trace";
import { isTyped } from "../lib/typed";
import { members } from "../lib/lists";
import { Act } from "./act";
import { ThreeWayDifference } from "./conflict";
import { CloseButton, Dialog } from "./dialog";
import { Field } from "./field";
import { ProblemText } from "./problem";

type Member = Schemas["Member"];
type Props = { symbol: string; member: Member | null; onClose: () => void };

/** Adds a member to a pool, changes one, or removes it after its id was typed. */
export function MemberDialog({ symbol, member: opened, onClose }: Props): ReactNode {
  const [member, setMember] = useState(opened);
  const [who, setWho] = useState(member?.participant_id ?? "");
  const [weight, setWeight] = useState(member?.capital_weight_pct ?? "");
  const [limit, setLimit] = useState(member?.position_limit_usdt ?? "");
  const [loss, setLoss] = useState(member?.max_loss_usdt ?? "");
  const [removal, setRemoval] = useState("");
  const [key] = useState(newKey);
  const terms = { capital_weight_pct: weight, position_limit_usdt: limit, max_loss_usdt: loss };
  const save = useMutation({
    onSuccess: (saved) => { if (saved.warnings.length) setMember(saved); else onClose(); },
    mutationFn: () => member
      ? answered(api.PUT("/v1/pools/{symbol}/members/{participant_id}", { params: { path: { symbol, participant_id: who } }, body: { ...terms, version: member.version } }))
      : answered(api.POST("/v1/pools/{symbol}/members", { params: { path: { symbol } }, headers: { "Idempotency-Key": key }, body: { participant_id: who, ...terms } })),
  });
  const remove = useMutation({
    onSuccess: onClose,
    mutationFn: () => answered(api.DELETE("/v1/pools/{symbol}/members/{participant_id}", { params: { path: { symbol, participant_id: who } } })),
  });
  const first = (field: keyof typeof terms): string => (member ? member[field] : "");
  const changed = who !== (member?.participant_id ?? "") || (Object.keys(terms) as (keyof typeof terms)[]).some((field) => terms[field] !== first(field));
  const take = (theirs: Member): void => {
    if (weight === first("capital_weight_pct")) setWeight(theirs.capital_weight_pct);
    if (limit === first("position_limit_usdt")) setLimit(theirs.position_limit_usdt);
    if (loss === first("max_loss_usdt")) setLoss(theirs.max_loss_usdt);
    setMember(theirs);
    save.reset();
  };
  return (
    <Dialog unsaved={changed && !save.isSuccess && !remove.isSuccess} title={member ? `Member ${member.display_name || who} of ${symbol}` : `Add a member to ${symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }}
      about={<p className="muted">Weights of a pool sum to at most 100 %. Raising a weight or a limit needs the risk role.</p>}>
      <Field label="Participant" value={who} onChange={setWho} disabled={member !== null} />
      <Field label="Weight %" value={weight} onChange={setWeight} />
      <Field label="Position limit USDT" value={limit} onChange={setLimit} />
      <Field label="Max loss USDT" value={loss} onChange={setLoss} />
      {member && save.error instanceof Refused && save.error.problem.status === 409 ? <MemberConflict member={member} terms={terms} onTake={take} /> : null}
      {save.data?.warnings.length ? <div role="status">Saved, with a warning:<ul className="warn">{save.data.warnings.map((each) => <li key={each}>{each}</li>)}</ul></div> : null}
      <ProblemText error={save.error ?? remove.error} />
      <div className="bar">
        <CloseButton />
        <Act op={member ? "changeMember" : "addMember"} className="go" busy={save.isPending} onClick={() => save.mutate()}>Save</Act>
      </div>
      {member ? (
        <div className="bar">
          <p>Removing it cancels its orders here and ends its share of this pool&apos;s fills; its position and records stay, and it can be added again.</p>
          <label>Type {who} to remove it <input value={removal} onChange={(event) => setRemoval(event.target.value)} autoComplete="off" /></label>
          <Act op="removeMember" className="danger" disabled={!isTyped(removal, who)} busy={remove.isPending} onClick={() => remove.mutate()}>Remove member</Act>
        </div>) : null}
    </Dialog>
  );
}

/** The membership as another person saved it meanwhile; nothing where the refusal has another reason. */
function MemberConflict({ member, terms, onTake }: { member: Member; terms: Pick<Member, "capital_weight_pct" | "position_limit_usdt" | "max_loss_usdt">; onTake: (theirs: Member) => void }): ReactNode {
  const query = useQuery({ queryKey: ["members", member.symbol, "theirs"], staleTime: 0, queryFn: () => members(member.symbol)() });
  const theirs = query.data?.items.find((each) => each.participant_id === member.participant_id);
  if (!theirs || theirs.version === member.version) return null;
  const rows = (Object.keys(terms) as (keyof typeof terms)[]).map((name) => ({ name, first: member[name], theirs: theirs[name], yours: terms[name] }));
  return <ThreeWayDifference version={theirs.version} rows={rows} onTake={() => onTake(theirs)} />;
}
