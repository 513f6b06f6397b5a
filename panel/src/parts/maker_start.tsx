import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { answered, api } from "../api/client";
import { useFeed } from "../lib/stream";
import { Act } from "./act";
import { CloseButton, Dialog } from "./dialog";
import { Field } from "./field";
import { ProblemText } from "./problem";

/** Starts the smart strategy on a symbol, with the document's four fields and its defaults. */
export function MakerStartDialog({ symbol: given, onClose }: { symbol: string; onClose: () => void }): ReactNode {
  const [symbol, setSymbol] = useState(given);
  const [position, setPosition] = useState("100.0");
  const [loss, setLoss] = useState("-500.0");
  const [spread, setSpread] = useState("0.002");
  const pool = useFeed().glance?.pools.find((each) => each.symbol === symbol);
  const start = useMutation({
    mutationFn: () => answered(api.POST("/maker/start", { body: { symbol, max_position: position, max_loss: loss, base_spread: spread } })),
    onSuccess: onClose,
  });
  const about = pool ? <p>{pool.symbol} is {pool.state}: {pool.failure ?? pool.reason}. These limits replace the ones it has.</p> : <p>A pool of one is made for the symbol and starts to quote at once.</p>;
  return (
    <Dialog title={given ? `Start ${given}` : "Start a symbol"} open onOpenChange={(open) => { if (!open) onClose(); }} about={about}>
      <Field label="Symbol" value={symbol} onChange={setSymbol} disabled={given !== ""} />
      <Field label="Max position, base currency" value={position} onChange={setPosition} help="above 0" />
      <Field label="Max loss, USDT" value={loss} onChange={setLoss} help="below 0" />
      <Field label="Base spread, fraction of the price" value={spread} onChange={setSpread} help="0.002 is 20 bps" />
      <ProblemText error={start.error} />
      <div className="bar"><CloseButton /><Act op="startMaker" className="go" disabled={!symbol} busy={start.isPending} onClick={() => start.mutate()}>Start making</Act></div>
    </Dialog>
  );
}
