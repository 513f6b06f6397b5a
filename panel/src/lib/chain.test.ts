import { expect, test } from "vitest";
import { chainOf, computed } from "./chain";

const entry = (seq: number, prev_hash = `h${seq - 1}`) => ({ seq, hash: `h${seq}`, prev_hash });

test("entries that hold the hash of the one before are a chain, in whatever order they are shown", () => {
  expect(chainOf([entry(3), entry(1), entry(2)])).toEqual({ checked: 2, broken: [] });
});

test("an entry that holds another hash breaks it where it stands", () => {
  expect(chainOf([entry(1), entry(2, "other"), entry(3)])).toEqual({ checked: 2, broken: [2] });
});

test("a hole of a filtered list is compared with nothing", () => {
  expect(chainOf([entry(1), entry(5)])).toEqual({ checked: 0, broken: [] });
});

test("the hash of an entry is computed of the hash before it and the text that it covers", async () => {
  expect(await computed({ prev_hash: "", covered: "abc" })).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(await computed({ prev_hash: "a", covered: "bc" })).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
