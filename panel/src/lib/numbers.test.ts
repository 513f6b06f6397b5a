import { expect, test } from "vitest";
import { age, beside, compare, decimal, drawn, exact, fee, fixed, negated, percent, recent, share, sum, time } from "./numbers";

test("money is exact beyond what a float holds", () => {
  expect(decimal("9007199254740993.125")).toBe("9\u202f007\u202f199\u202f254\u202f740\u202f993.13");
  expect(decimal("-1.385776819223")).toBe("\u22121.39");
});

test("an amount that rounds to zero has no sign", () => expect(decimal("-0.004")).toBe("0.00"));

test("an unknown amount is a dash, never a zero", () => {
  expect(decimal(null)).toBe("–");
  expect(exact(undefined)).toBe("–");
});

test("prices keep every digit", () => expect(exact("100021.10")).toBe("100\u202f021.10"));

test("exponents are written out", () => {
  expect(exact("1E+3")).toBe("1\u202f000");
  expect(exact("1.25E-3")).toBe("0.00125");
  expect(decimal("-2.5E+1", 1)).toBe("\u221225.0");
});

test("decimals compare by value, not by text", () => {
  expect(compare("10", "9.5")).toBe(1);
  expect(compare("-1", "0.0")).toBe(-1);
  expect(compare("1.50", "1.5")).toBe(0);
});

test("a fee in another token stands beside the one in the quote currency", () => {
  expect(fee({ fee: "0.0300", fee_token: "", fee_token_amount: "0" })).toBe("0.0300");
  expect(fee({ fee: "0", fee_token: "MMX", fee_token_amount: "0.50" })).toBe("0.0000 and 0.50 MMX");
});

test("sums are exact", () => {
  expect(sum("0.1", "0.2")).toBe("0.3");
  expect(sum("1204.10", negated("311.02"), "340.11", "-12.00")).toBe("1221.19");
  expect(sum("1", "-3")).toBe("-2");
});

test("a limit of zero is never used", () => expect(share("5", "0")).toBe(0));

test("times are UTC as the service wrote them", () => {
  expect(time("2026-11-28T21:12:03.114Z")).toBe("21:12:03");
  expect(time("2026-11-28T21:12:03.114Z", true)).toBe("2026-11-28 21:12:03");
});

test("there is no negative zero, as text or as a number", () => {
  expect(exact("-0.00")).toBe("0.00");
  expect(fixed(-0.001)).toBe("0.00");
  expect(fixed(-0)).toBe("0.00");
});

test("a number has a real minus, groups, and no exponent; what is none is a dash", () => {
  expect(fixed(-12345.678, 1)).toBe("\u221212\u202f345.7");
  expect(fixed(1.5e21, 0)).toBe("1\u202f500\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000");
  expect(fixed(2.5e-7, 8)).toBe("0.00000025");
  expect([fixed(null), fixed(undefined), fixed(Number.NaN), fixed(Infinity)]).toEqual(["–", "–", "–", "–"]);
});

test("a float of the smallest prices does not become zero", () => {
  expect(beside(1.25e-8, "0.00000001")).toBe("0.000000013");
  expect(beside(100_000.123, "100000.1")).toBe("100\u202f000.12");
  expect(beside(1.5, null)).toBe("1.50");
  expect(drawn(1e-8)).toBe("0.00000001");
  expect(drawn(1e21)).toBe("1\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000\u202f000");
  expect(drawn(null)).toBe("–");
});

test("a fraction is a percentage with all its digits", () => {
  expect([percent("0.05"), percent("1"), percent("0.1234500"), percent("1E-7"), percent("-0.002"), percent("10")]).toEqual(["5", "100", "12.345", "0.00001", "\u22120.2", "1\u202f000"]);
});

test("an age has the unit that a person reads, and a moment its day where that is another one", () => {
  expect([age(2.4), age(999), age(2_400), age(63_506.07), age(null)]).toEqual(["2 ms", "999 ms", "2.4 s", "64 s", "–"]);
  expect(recent("2026-11-30T19:33:07.5Z", Date.parse("2026-11-30T23:59:59Z"))).toBe("19:33:07");
  expect(recent("2026-11-30T19:33:07.5Z", Date.parse("2026-12-01T00:00:01Z"))).toBe("2026-11-30 19:33:07");
});
