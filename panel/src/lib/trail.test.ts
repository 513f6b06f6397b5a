import { expect, test } from "vitest";
import type { PoolLive } from "../api/client";
import { extended, type Trail } from "./trail";

const EMPTY: Trail = { quotes: [], position: [], pnl: [] };
const pool = { estimates: { mid: "10", fair: null }, bid: { price: "9" }, ask: null, net_position: "1", pnl: { net: "2", realised: "3" } } as unknown as PoolLive;

test("what is unknown is null, not zero", () => expect(extended(EMPTY, pool, 1).quotes).toEqual([[1, 10, null, 9, null]]));

test("a pause of more than three seconds is a gap", () => {
  const points = extended(extended(EMPTY, pool, 1), pool, 10).position;
  expect(points).toEqual([[1, 1], [1.001, null], [10, 1]]);
});

test("a picture that is not newer changes nothing", () => {
  const first = extended(EMPTY, pool, 5);
  expect(extended(first, pool, 5)).toBe(first);
});
