import { expect, test } from "vitest";
import { moments, room, STEPS_S, ticks, width } from "./axis";

test("an axis of the smallest prices has numbers that differ, and one of the largest is not cut off", () => {
  expect(ticks([1e-8, 1.5e-8, 2e-8], 5e-9)).toEqual(["0.000000010", "0.000000015", "0.000000020"]);
  expect(ticks([0, 0.5, 1], 0.5)).toEqual(["0.0", "0.5", "1.0"]);
  const large = ticks([-2e12, 0], 5e11);
  expect(large).toEqual(["\u22122\u202f000\u202f000\u202f000\u202f000", "0"]);
  expect(width(large)).toBeGreaterThan(large[0]!.length * 7);
  expect(width(["1"])).toBe(84);
});

test("moments of more than a day have their day", () => {
  expect(moments([0, 3_600])).toEqual(["00:00:00", "01:00:00"]);
  expect(moments([0, 172_800])).toEqual(["01-01 00:00", "01-03 00:00"]);
});

test("a line that is flat lies in the middle of its axis, and a price that stands still does not begin at 0", () => {
  expect(room(100_000, 100_000)).toEqual([99_000, 101_000]);
  expect(room(0, 0)).toEqual([-1, 1]);
  expect(room(10, 20)).toEqual([9.5, 20.5]);
  expect(room(null, null)).toEqual([0, 1]);
  expect(STEPS_S[0]).toBe(1);
});
