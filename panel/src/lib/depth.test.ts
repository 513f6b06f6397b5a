import { expect, test } from "vitest";
import type { PoolBook } from "../api/client";
import { ladderOf } from "./depth";

const level = (price: string, size: string | null, own = "0", own_orders = 0) => ({ price, size, own, own_orders, unknown_orders: 0, members: [] });
const book = (bids: unknown[], asks: unknown[]): PoolBook => ({ bids, asks }) as unknown as PoolBook;

test("prices go from high to low by value, asks above bids", () => {
  const rungs = ladderOf(book([level("99.0", "3"), level("9", null, "1", 1)], [level("101", "2"), level("110", null, "1", 1)]));
  expect(rungs.map((rung) => [rung.side, rung.price])).toEqual([["SELL", "110"], ["SELL", "101"], ["BUY", "99.0"], ["BUY", "9"]]);
});

test("a level keeps what is ours of it, and an unknown size stays unknown", () => {
  const [rung] = ladderOf(book([], [level("110", null, "1", 2)]));
  expect(rung).toMatchObject({ size: null, own: "1", own_orders: 2 });
});
