// "Proved" is said only of what the venue answered after the command. Everything else is "not proved".

import type { PoolGlance, PoolLive } from "../api/client";

export type Proof = { proved: boolean; words: string };

/** What a proof rests on: a pool's own picture has it, and its line in the picture of all pools. */
export type Asked = Pick<PoolLive | PoolGlance, "state" | "since" | "by" | "unknown_orders" | "open_orders" | "cancel_unconfirmed" | "last_look">;

/** Whether it is proved that nothing of a pool is open. since: when the command was answered, the service's time. */
export function proofOf(pool: Asked, since: string): Proof {
  const asked = pool.last_look;
  if (pool.state === "ACTIVE" && pool.since && pool.since > since) return { proved: false, words: `${pool.by || "another person"} started it again at ${pool.since.slice(11, 19)} UTC` };
  if (pool.unknown_orders > 0) return { proved: false, words: `${pool.unknown_orders} orders unknown, asking the venue again` };
  if (pool.open_orders > 0) return { proved: false, words: `${pool.open_orders} orders still open` };
  if (pool.cancel_unconfirmed) return { proved: false, words: "the venue has not yet confirmed that nothing is open" };
  if (!asked || asked <= since) return { proved: false, words: "the venue was not yet asked after the command" };
  return { proved: true, words: `the venue was asked at ${asked.slice(11, 23)} UTC and lists nothing` };
}
