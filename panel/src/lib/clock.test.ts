import { expect, test } from "vitest";
import { between, heard, isHeard, serviceNow } from "./clock";

const SECOND = 1_000;

test("an age grows while this machine's clock is set back, and counts the time that the machine slept", () => {
  const seen = { steady: 0, wall: 100 * SECOND };
  expect(between(seen, { steady: 5 * SECOND, wall: 45 * SECOND })).toBe(5 * SECOND);
  expect(between(seen, { steady: 1 * SECOND, wall: 3_700 * SECOND })).toBe(3_600 * SECOND);
});

test("the time is the service's once it has said it, whatever this machine's clock says", () => {
  expect(isHeard()).toBe(false);
  heard("2026-11-30T12:00:00Z", 10 * SECOND);
  heard(undefined, 11 * SECOND);
  expect(new Date(serviceNow(13 * SECOND)).toISOString()).toBe("2026-11-30T12:00:03.000Z");
});
