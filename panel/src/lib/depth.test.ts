import { expect, test } from "vitest";
import type { PoolLive } from "../api/client";
import { ladderOf } from "./depth";

const order = (side: string, price: string, leaves: string, state = "LIVE") => ({ side, price, leaves, state });
const pool = (orders: unknown[]): PoolLive =>
  ({ book: { best_bid: "99.0", best_bid_size: "3", best_ask: "101", best_ask_size: "2" }, orders }) as unknown as PoolLive;

test("own orders of one price are one rung with the book's size, whatever the zeros at its end", () => {
  const [ask, bid] = ladderOf(pool([order("BUY", "99", "0.1"), order("BUY", "99.00", "0.2", "UNKNOWN")]));
  expect(ask).toMatchObject({ price: "101", size: "2", own: "0", orders: 0 });
  expect(bid).toMatchObject({ price: "99.0", size: "3", own: "0.3", orders: 2, unknown: 1 });
});

test("prices go from high to low by value", () => {
  expect(ladderOf(pool([order("SELL", "110", "1"), order("BUY", "9", "1")])).map((rung) => rung.price)).toEqual(["110", "101", "99.0", "9"]);
});
