import { expect, test } from "vitest";
import type { PoolLive } from "../api/client";
import { proofOf } from "./proof";

const SINCE = "2026-11-28T21:00:00.000000Z";
const pool = (change: Partial<PoolLive>): PoolLive =>
  ({ open_orders: 0, unknown_orders: 0, cancel_unconfirmed: false, last_look: "2026-11-28T21:00:00.500000Z", ...change }) as PoolLive;

test("nothing open, asked after the command: proved", () => expect(proofOf(pool({}), SINCE).proved).toBe(true));

test("who started it again after the stop is named: its orders are not those that were to go", () => {
  const again = proofOf(pool({ state: "ACTIVE", by: "bob", since: "2026-11-28T21:00:03.000000Z", open_orders: 4 }), SINCE);
  expect(again).toEqual({ proved: false, words: "bob started it again at 21:00:03 UTC" });
  expect(proofOf(pool({ state: "ACTIVE", by: "bob", since: "2026-11-28T20:00:00.000000Z", open_orders: 4 }), SINCE).words).toBe("4 orders still open");
});

test.each([
  ["an open order", { open_orders: 1 }],
  ["an unknown order", { unknown_orders: 1, open_orders: 1 }],
  ["an unconfirmed cancel", { cancel_unconfirmed: true }],
  ["a venue that was asked before the command", { last_look: "2026-11-28T20:59:59.000000Z" }],
  ["a venue that never answered", { last_look: null }],
] as const)("%s: not proved", (_, change) => expect(proofOf(pool(change), SINCE).proved).toBe(false));
