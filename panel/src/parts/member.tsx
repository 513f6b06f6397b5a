import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api, newKey, type Schemas } from "../api/client";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { Field } from "./field";
import { ProblemText } from "./problem";

type Member = Schemas["Member"];
type Props = { symbol: string; member: Member | null; onClose: () => void };

/** Adds a member to a pool, changes one, or removes it after its id was typed. */
export function MemberDialog({ symbol, member, onClose }: Props): ReactNode {
  const [who, setWho] = useState(member?.participant_id ?? "");
  const [weight, setWeight] = useState(member?.capital_weight_pct ?? "");
  const [limit, setLimit] = useState(member?.position_limit_usdt ?? "");
  const [loss, setLoss] = useState(member?.max_loss_usdt ?? "");
  const [removal, setRemoval] = useState("");
  const [key] = useState(newKey);
  const terms = { capital_weight_pct: weight, position_limit_usdt: limit, max_loss_usdt: loss };
  const save = useMutation({
    onSuccess: onClose,
    mutationFn: () => member
      ? answered(api.PUT("/v1/pools/{symbol}/members/{participant_id}", { params: { path: { symbol, participant_id: who } }, body: { ...terms, version: member.version } }))
      : answered(api.POST("/v1/pools/{symbol}/members", { params: { path: { symbol } }, headers: { "Idempotency-Key": key }, body: { participant_id: who, ...terms } })),
  });
  const remove = useMutation({
    onSuccess: onClose,
    mutationFn: () => answered(api.DELETE("/v1/pools/{symbol}/members/{participant_id}", { params: { path: { symbol, participant_id: who } } })),
  });
  return (
    <Dialog title={member ? `Member ${who} of ${symbol}` : `Add a member to ${symbol}`} open onOpenChange={(open) => { if (!open) onClose(); }}
      about={<p className="muted">Weights of a pool sum to at most 100 %. Raising a weight or a limit needs the risk role.</p>}>
      <Field label="Participant" value={who} onChange={setWho} disabled={member !== null} />
      <Field label="Weight %" value={weight} onChange={setWeight} />
      <Field label="Position limit USDT" value={limit} onChange={setLimit} />
      <Field label="Max loss USDT" value={loss} onChange={setLoss} />
      <ProblemText error={save.error ?? remove.error} />
      <div className="bar">
        <CloseButton />
        <Act op={member ? "changeMember" : "addMember"} className="go" disabled={save.isPending} onClick={() => save.mutate()}>Save</Act>
      </div>
      {member ? (
        <div className="bar">
          <p>Removing it cancels its orders here and ends its share of this pool&apos;s fills; its position and records stay, and it can be added again.</p>
          <label>Type {who} to remove it <input value={removal} onChange={(event) => setRemoval(event.target.value)} autoComplete="off" /></label>
          <Act op="removeMember" className="danger" disabled={removal !== who || remove.isPending} onClick={() => remove.mutate()}>Remove member</Act>
        </div>) : null}
    </Dialog>
  );
}
