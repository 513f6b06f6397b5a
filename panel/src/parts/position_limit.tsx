import type { ReactNode } from "react";
import type { Schemas } from "../api/client";
import { compare, decimal } from "../lib/numbers";

/** A member's position limit, and what its engine keeps it to where its participant's margin allows less. */
export function PositionLimit({ of }: { of: Pick<Schemas["Member"], "state" | "position_limit_usdt" | "position_limit_in_force_usdt"> }): ReactNode {
  const less = of.state === "ACTIVE" && compare(of.position_limit_in_force_usdt, of.position_limit_usdt) < 0;
  if (!less) return decimal(of.position_limit_usdt);
  return <>{decimal(of.position_limit_usdt)} <span className="warn">(margin: {decimal(of.position_limit_in_force_usdt)})</span></>;
}
