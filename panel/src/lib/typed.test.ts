import { expect, test } from "vitest";
import { isTyped } from "./typed";

test("a name is the same in capitals, with spaces around it, and composed by another keyboard", () => {
  expect(isTyped("btcusdt-perp ", "BTCUSDT-PERP")).toBe(true);
  expect(isTyped("Cafe\u0301  Handel", "Café Handel")).toBe(true);
  expect(isTyped("東京", "東京")).toBe(true);
});

test("another name, a part of it and nothing are not", () => {
  for (const typed of ["", " ", "BTCUSDT", "ETHUSDT-PERP"]) expect(isTyped(typed, "BTCUSDT-PERP")).toBe(false);
  expect(isTyped("", "")).toBe(false);
});
