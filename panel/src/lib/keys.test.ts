import { expect, test } from "vitest";
import { KEYS, labelled, meant, PLACES } from "./keys";

test("g and a second key go to a page, and only then", () => {
  expect(meant("g", false)).toEqual({ kind: "chord" });
  expect(meant("p", true)).toEqual({ kind: "go", to: "/pools" });
  expect(meant("p", false)).toBeNull();
  expect(meant("z", true)).toBeNull();
});

test("every page that a key goes to is listed", () => {
  for (const key of Object.keys(PLACES)) expect(KEYS.map((each) => each.keys)).toContain(`g ${key}`);
});

test("no key does more than move: nothing is stopped or started by one", () => {
  for (const key of "abcdefghijklmnopqrstuvwxyz/?") expect(["go", "search", "down", "up", "help", "chord", "next", undefined]).toContain(meant(key, false)?.kind);
});

test("a caps lock changes no key, and Shift does", () => {
  expect(labelled({ key: "k", shiftKey: true })).toBe("K"); // with the caps lock on
  expect(labelled({ key: "K", shiftKey: true })).toBe("K");
  expect(labelled({ key: "G", shiftKey: false })).toBe("g");
  expect(labelled({ key: "?", shiftKey: true })).toBe("?");
});
