import { expect, test } from "vitest";
import { moments, ticks, width } from "./axis";

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
