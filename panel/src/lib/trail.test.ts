import { expect, test } from "vitest";
import type { PoolLive } from "../api/client";
import { EMPTY_TRAIL, extended } from "./trail";

const pool = { estimates: { mid: "10", fair: null }, bid: { price: "9" }, ask: null, net_position: "1", pnl: { net: "2", realised: "3" } } as unknown as PoolLive;
const earning = (net: string): PoolLive => ({ ...pool, pnl: { net, realised: net } }) as unknown as PoolLive;
const wanting = (action: string): PoolLive => ({ ...pool, rebalance: { action, size: "5" } }) as unknown as PoolLive;

test("what is unknown is null, not zero", () => expect(extended(EMPTY_TRAIL, pool, 1).quotes).toEqual([[1, 10, null, 9, null]]));

test("a pause of more than three seconds is a gap", () => {
  const points = extended(extended(EMPTY_TRAIL, pool, 1), pool, 10).position;
  expect(points).toEqual([[1, 1], [1.001, null], [10, 1]]);
});

test("a picture that is not newer changes nothing", () => {
  const first = extended(EMPTY_TRAIL, pool, 5);
  expect(extended(first, pool, 5)).toBe(first);
});

test("a service whose clock was set back begins a new chart, and the old one does not stand still", () => {
  const first = extended(EMPTY_TRAIL, pool, 3_600);
  expect(extended(first, pool, 100).position).toEqual([[100, 1]]);
});

test("the drawdown is measured from the highest net that was seen", () => {
  const nets = ["1", "5", "2", "4"];
  const trail = nets.reduce((seen, net, i) => extended(seen, earning(net), i + 1), EMPTY_TRAIL);
  expect(trail.pnl.map((point) => point[2])).toEqual([1, 5, 5, 5]);
  expect(trail.deepest).toBe(-3);
});

test("a rebalance signal is marked once, when it begins", () => {
  const trail = ["none", "sell", "sell", "none", "buy"].reduce((seen, action, i) => extended(seen, wanting(action), i + 1), EMPTY_TRAIL);
  expect(trail.marks.map((mark) => [mark.at, mark.text])).toEqual([[2, "▼ sell 5"], [5, "▲ buy 5"]]);
});
