import { expect, test } from "vitest";
import { closest, distance, nearest } from "./nearest";

const PAGES = ["/pools", "/participants", "/settlements", "/audit"];

test("a mistyped page is found by its name, whatever follows it", () => {
  expect(nearest("/pool/BTCUSDT-PERP", PAGES)).toBe("/pools");
  expect(nearest("/setlement", PAGES)).toBe("/settlements");
  expect(nearest("/Audits?x=1", PAGES)).toBe("/audit");
});

test("the distance counts what is put in, left out and exchanged", () => {
  expect([distance("", "abc"), distance("abc", "abc"), distance("abc", "axc"), distance("abcd", "bcd")]).toEqual([3, 0, 1, 1]);
});

test("a mistyped symbol is found among those that there are", () => {
  expect(closest("btcusdt", ["ETHUSDT-PERP", "BTCUSDT-PERP"])).toBe("BTCUSDT-PERP");
  expect(closest("BTC", [])).toBe(null);
});
