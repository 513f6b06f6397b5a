// The book and the own orders as one ladder of prices.

import type { PoolBook } from "../api/client";
import { compare } from "./numbers";

/** One price of one side; `size` is null where only the own part is known. */
export type Rung = PoolBook["bids"][number] & { side: "BUY" | "SELL" };

/** Rungs from the highest price to the lowest: asks upside down, then bids. */
export function ladderOf(book: PoolBook): Rung[] {
  const asks = book.asks.map((each) => ({ ...each, side: "SELL" as const }));
  const bids = book.bids.map((each) => ({ ...each, side: "BUY" as const }));
  return [...asks, ...bids].toSorted((a, b) => compare(b.price, a.price) || (a.side === "SELL" ? -1 : 1));
}
