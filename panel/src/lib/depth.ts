// The book and the own orders as one ladder of prices.

import type { PoolLive } from "../api/client";
import { compare, sum } from "./numbers";

/** One price. size: all that is there, null where only the own part is known. orders: own ones there. */
export type Rung = { side: "BUY" | "SELL"; price: string; size: string | null; own: string; orders: number; unknown: number };

/** Rungs from the highest price to the lowest: the best of the book, and every price with an own order. */
export function ladderOf(pool: PoolLive): Rung[] {
  const rungs = new Map<string, Rung>();
  const at = (side: Rung["side"], price: string): Rung => {
    const key = [...rungs.keys()].find((each) => compare(each, price) === 0) ?? price;
    const rung = rungs.get(key) ?? { side, price, size: null, own: "0", orders: 0, unknown: 0 };
    rungs.set(key, rung);
    return rung;
  };
  if (pool.book?.best_bid) at("BUY", pool.book.best_bid).size = pool.book.best_bid_size;
  if (pool.book?.best_ask) at("SELL", pool.book.best_ask).size = pool.book.best_ask_size;
  for (const order of pool.orders ?? []) {
    const rung = at(order.side, order.price);
    rung.own = sum(rung.own, order.leaves);
    rung.orders += 1;
    rung.unknown += order.state === "UNKNOWN" ? 1 : 0;
  }
  return [...rungs.values()].toSorted((a, b) => compare(b.price, a.price));
}
