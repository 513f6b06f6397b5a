import { expect, test } from "vitest";
import { moved } from "../pages/PoolPast";

test("a nanosecond before a whole second is in the second before", () => {
  expect(moved("2026-11-28T20:59:12Z", -1n)).toBe("2026-11-28T20:59:11.999999999Z");
  expect(moved("2026-11-28T20:59:12.250000001Z", 1_000_000_000n)).toBe("2026-11-28T20:59:13.250000001Z");
});
