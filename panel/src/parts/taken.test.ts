import { expect, test } from "vitest";
import type { Schemas } from "../api/client";
import { limitsOf, TAKEN } from "./taken";

const UNLIMITED = { min_size: "0", max_size: "0.000", min_notional: "0", max_notional: "0", price_band_up: "0", price_band_down: "0", max_open_orders: 0 } as Schemas["ListedInstrument"];
const LIMITED = { ...UNLIMITED, min_size: "0.010", max_size: "1E+12", price_band_up: "0.05", price_band_down: "0.0000125", max_open_orders: 40 };
const cells = (of: Schemas["ListedInstrument"]): unknown[] => TAKEN.map((column) => column.cell(of));

test("a limit has its value, a band is a share of the mark, and 0 is none", () => {
  expect(cells(LIMITED)).toEqual(["0.010", "1\u202f000\u202f000\u202f000\u202f000", "none", "5 %", "0.00125 %", "40"]);
  expect(cells(UNLIMITED)).toEqual(Array(6).fill("none"));
});

test("the limits that are set have the names that a refusal uses", () => {
  expect(limitsOf(LIMITED).map(([name]) => name)).toEqual(["min_size", "max_size", "price_band_up", "price_band_down", "max_open_orders"]);
  expect(limitsOf(UNLIMITED)).toEqual([]);
});
